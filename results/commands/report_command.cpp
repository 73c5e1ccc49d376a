// SPDX-License-Identifier: Apache-2.0
#include "results/commands/output.h"
#include "results/report/page/page.h"
#include "results/report/report_table.h"
#include "results/report/report_text.h"
#include "results/results_database.h"

namespace imp::results {

int report_sweep(const ReportOptions& options) {
  const Output output(options, {options.database});
  Database database = open_results(options.database, Access::read);
  if (output.format_name() == "html") {
    output.write_text(html_page(database, options.sweep));
  } else if (output.is_for_people()) {
    output.write_text(report_text(database, options.sweep, output.format()));
  } else {
    output.write(report_table(database, options.sweep));
  }
  return 0;
}

int report_table_by(const std::function<Table(Database&, const std::string& sweep)>& make_table,
                    const ReportOptions& options) {
  const Output output(options, {options.database});
  Database database = open_results(options.database, Access::read);
  output.write(make_table(database, options.sweep));
  return 0;
}

}  // namespace imp::results
