// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/figure.h"

#include <fmt/format.h>

#include "results/report/page/markup.h"

namespace imp::results {

std::string figure(const Chart& chart, const std::string& caption) {
  return fmt::format(
             "<figure>\n<div class=\"chart\" id=\"{}\" role=\"img\" aria-label=\"{}\"></div>\n"
             "<figcaption>{}</figcaption>\n</figure>\n",
             chart.id, html_escaped(chart.description), html_escaped(caption)) +
         fmt::format("<script type=\"application/json\" class=\"chart-spec\" data-chart=\"{}\">", chart.id) +
         json_in_script(chart.spec) + "</script>\n";
}

}  // namespace imp::results
