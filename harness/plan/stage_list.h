// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/plan/stage_request.h"

namespace imp::harness {

/// The stages of a trial in order. Trials that need the same stage hold one request together: in a sweep of
/// 100,000 trials they would else take several GiB.
class StageList {
 public:
  using Shared = std::shared_ptr<const StageRequest>;

  /// Goes over the requests themselves.
  class const_iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = StageRequest;
    using difference_type = std::ptrdiff_t;
    using pointer = const StageRequest*;
    using reference = const StageRequest&;

    const_iterator() = default;
    explicit const_iterator(const Shared* place) : place_(place) {}
    reference operator*() const { return **place_; }
    pointer operator->() const { return place_->get(); }
    reference operator[](difference_type n) const { return *place_[n]; }
    const_iterator& operator++() { return *this += 1; }
    const_iterator operator++(int) { return const_iterator(std::exchange(place_, place_ + 1)); }
    const_iterator& operator--() { return *this += -1; }
    const_iterator operator--(int) { return const_iterator(std::exchange(place_, place_ - 1)); }
    const_iterator& operator+=(difference_type n) {
      place_ += n;
      return *this;
    }
    const_iterator& operator-=(difference_type n) { return *this += -n; }
    friend const_iterator operator+(const_iterator it, difference_type n) { return it += n; }
    friend const_iterator operator+(difference_type n, const_iterator it) { return it += n; }
    friend const_iterator operator-(const_iterator it, difference_type n) { return it -= n; }
    friend difference_type operator-(const_iterator a, const_iterator b) { return a.place_ - b.place_; }
    friend auto operator<=>(const_iterator, const_iterator) = default;

   private:
    const Shared* place_ = nullptr;
  };

  StageList() = default;
  StageList(std::initializer_list<StageRequest> requests) {
    for (const StageRequest& request : requests) add(std::make_shared<const StageRequest>(request));
  }

  void add(Shared request) { requests_.push_back(std::move(request)); }
  /// Puts others in the place of one.
  void replace(std::size_t place, const std::vector<Shared>& others) {
    const auto at = requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(place));
    requests_.insert(at, others.begin(), others.end());
  }

  [[nodiscard]] const_iterator begin() const { return const_iterator(requests_.data()); }
  [[nodiscard]] const_iterator end() const { return begin() + std::ssize(requests_); }
  [[nodiscard]] bool empty() const { return requests_.empty(); }
  [[nodiscard]] std::size_t size() const { return requests_.size(); }
  [[nodiscard]] const StageRequest& front() const { return *requests_.front(); }
  [[nodiscard]] const StageRequest& operator[](std::size_t place) const { return *requests_[place]; }
  /// To hold on to.
  [[nodiscard]] const Shared& shared(std::size_t place) const { return requests_[place]; }

 private:
  std::vector<Shared> requests_;
};

/// Gives requests of the same key out as one.
class RequestPool {
 public:
  [[nodiscard]] StageList::Shared shared(StageRequest request) {
    const auto [place, fresh] = requests_.try_emplace(request.key, nullptr);
    if (fresh) place->second = std::make_shared<const StageRequest>(std::move(request));
    return place->second;
  }

 private:
  std::unordered_map<std::string, StageList::Shared> requests_;
};

}  // namespace imp::harness
