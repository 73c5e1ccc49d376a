// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/picture_sums.h"

#include <numeric>
#include <utility>

namespace imp::results {

PictureSums::PictureSums(std::size_t cells, std::size_t seeds, std::vector<double> questions)
    : cells_(cells),
      seeds_(seeds),
      questions_(std::move(questions)),
      total_questions_(std::accumulate(questions_.begin(), questions_.end(), 0.0)),
      sums_(cells * seeds * questions_.size(), 0.0),
      present_(cells * seeds, 1) {}

double PictureSums::mean(std::size_t cell, std::size_t seed) const {
  const double* first = &sums_[(cell * seeds_ + seed) * pictures()];
  return std::accumulate(first, first + pictures(), 0.0) / total_questions_;
}

}  // namespace imp::results
