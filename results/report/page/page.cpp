// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/page.h"

#include <fmt/format.h>

#include <string_view>

#include "results/files.h"
#include "results/output_path.h"
#include "results/printable.h"
#include "results/report/page/markup.h"
#include "results/report/page/sections.h"
#include "results/report/sweep_choice.h"

namespace imp::results {

extern const std::string_view kPageStyle;    // page.css, embedded by CMake
extern const std::string_view kPageScript;   // page.js
extern const std::string_view kChartBundle;  // Vega, Vega-Lite and Vega-Embed of vl-convert-python

namespace {

struct Section {
  const char* id;
  const char* heading;
  std::string content;
};

std::string head(const PageSource& source) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         html_escaped(source.data.name) + (source.trials.open == 0 ? "" : " (unfinished)") +
         "</title>\n<style>\n" + std::string(kPageStyle) + "</style>\n</head>\n";
}

/// What keeps a report from being final, or whole; empty for a sweep whose trials are all done.
std::string warning(const OpenTrials& trials) {
  if (trials.open > 0)
    return fmt::format(
        "<p class=\"warning\" role=\"status\"><strong>This sweep is not finished</strong>: {} of {} trials "
        "are "
        "done{}. Every number below may change.</p>\n",
        trials.done, trials.all, trials.failed == 0 ? "" : fmt::format(", {} failed", trials.failed));
  if (trials.failed == 0) return "";
  return fmt::format(
      "<p class=\"warning\" role=\"status\">{} of {} trials failed: what is here is of the others. <a "
      "href=\"#failures\">What went wrong</a></p>\n",
      trials.failed, trials.all);
}

std::string navigation(const std::vector<Section>& sections) {
  std::string text = "<nav aria-label=\"Sections\"><ul>\n";
  for (const Section& section : sections) {
    if (!section.content.empty())
      text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.heading);
  }
  return text + "</ul></nav>\n";
}

}  // namespace

std::string html_page(Database& database, const std::string& sweep) {
  PageSource source{database, load_report_data(database, choose_sweep(database, sweep)), {}, {}, {}};
  source.scores = load_cell_scores(database, source.data.sweep_id);
  source.effects = load_effects(database, source.data.sweep_id);
  source.trials = open_trials(database, source.data.name);
  const std::vector<Section> sections{{"findings", "In a minute", findings_section(source)},
                                      {"claims", "Claims", claims_section(source)},
                                      {"scores", "Scores", scores_section(source)},
                                      {"effects", "Effects", effects_section(source)},
                                      {"levels", "Levels", levels_section(source)},
                                      {"interactions", "Interactions", interactions_section(source)},
                                      {"families", "Families of questions", families_section(source)},
                                      {"cost", "Score against cost", cost_section(source)},
                                      {"training", "Training", training_section(source)},
                                      {"questions", "Questions", questions_section(source)},
                                      {"failures", "What went wrong", failures_section(source)},
                                      {"provenance", "Provenance", provenance_section(source)},
                                      {"reading", "How to read this", reading_section()}};
  std::string page = head(source) + "<body>\n<header>\n<h1>" + html_escaped(source.data.name) + "</h1>\n";
  if (!source.data.about.empty()) page += "<p>" + html_escaped(source.data.about) + "</p>\n";
  page += warning(source.trials) + navigation(sections) + "</header>\n<main>\n";
  for (const Section& section : sections) {
    if (section.content.empty()) continue;
    page += fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n", section.id,
                        section.heading) +
            section.content + "</section>\n";
  }
  page +=
      "</main>\n<footer class=\"soft\">Made by imp-report from the results database; no part of this page is "
      "loaded from elsewhere. Charts: Vega, Vega-Lite and Vega-Embed (BSD 3-Clause, University of Washington "
      "Interactive Data Lab).</footer>\n<script>\n";
  page += kChartBundle;
  page += "\n</script>\n<script>\n";
  page += kPageScript;
  return page + "</script>\n</body>\n</html>\n";
}

std::filesystem::path write_html_page(Database& database, const std::string& sweep,
                                      const std::filesystem::path& file) {
  const std::string name = choose_sweep(database, sweep);
  const std::filesystem::path path =
      file.empty() ? database.path().parent_path() / (printable(name) + ".html") : file;
  require_output_file(path, database.path());
  write_text_atomically(path, html_page(database, name));
  return path;
}

}  // namespace imp::results
