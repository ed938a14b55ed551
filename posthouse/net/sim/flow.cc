#include "posthouse/net/sim/flow.h"

#include <algorithm>
#include <cassert>

namespace posthouse::net::sim {

Flow::Flow(Core& core) : core_(core), capacity_(std::max<std::size_t>(core.options.buffer, 1)) {}

TimePoint Flow::arrival() {
  if (held_) {
    return TimePoint::max();
  }
  last_arrival_ = std::max(last_arrival_, core_.now() + core_.latency());
  return last_arrival_;
}

void Flow::push(Next kind, std::string_view octets) {
  segments_.push_back({kind, arrival(), std::string(octets)});
  readable.wake();
}

void Flow::send(std::string_view octets) {
  assert(octets.size() <= room() && !ended_);
  if (gone_ && !held_) {
    return;
  }
  size_ += octets.size();
  push(Next::octets, octets);
}

void Flow::send_end() {
  if (ended_) {
    return;
  }
  ended_ = true;
  push(Next::end, {});
}

void Flow::send_reset() {
  if (!segments_.empty() && segments_.back().kind == Next::reset) {
    return;
  }
  const bool ends = !segments_.empty() && segments_.back().kind == Next::end;
  if (ends) {
    segments_.pop_back();  // the reset comes instead
  }
  if (core_.chance.below(2) == 0) {
    drop();
  }
  ended_ = true;
  push(Next::reset, {});
}

Flow::Next Flow::next() const noexcept {
  if (segments_.empty() || segments_.front().arrives > core_.now()) {
    return Next::nothing;
  }
  return segments_.front().kind;
}

TimePoint Flow::next_arrival() const noexcept {
  return segments_.empty() ? TimePoint::max() : segments_.front().arrives;
}

TimePoint Flow::reset_arrival() const noexcept {
  return segments_.empty() || segments_.back().kind != Next::reset ? TimePoint::max() : segments_.back().arrives;
}

std::size_t Flow::receive(std::span<char> into) {
  std::size_t available = 0;
  for (const Segment& segment : segments_) {
    if (segment.kind != Next::octets || segment.arrives > core_.now()) {
      break;
    }
    available += segment.octets.size();
  }
  available -= begin_;
  const std::size_t count = core_.part_of(std::min(available, into.size()));
  for (std::size_t done = 0; done < count;) {
    Segment& first = segments_.front();
    const std::size_t some = std::min(count - done, first.octets.size() - begin_);
    std::copy_n(first.octets.data() + begin_, some, into.data() + done);
    done += some;
    begin_ += some;
    if (begin_ < first.octets.size()) {
      break;
    }
    segments_.pop_front();
    begin_ = 0;
  }
  size_ -= count;
  writable.wake();
  return count;
}

bool Flow::close_receiver() noexcept {
  const bool under_way = std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    return segment.kind == Next::octets && segment.arrives > core_.now();
  });
  gone_ = true;
  if (!held_) {
    drop();
  }
  readable.wake();
  writable.wake();
  return under_way;
}

void Flow::drop() noexcept {
  segments_.clear();
  begin_ = size_ = 0;
}

void Flow::hold() noexcept {
  held_ = true;
  for (Segment& segment : segments_) {
    if (segment.arrives > core_.now()) {
      segment.arrives = TimePoint::max();
    }
  }
}

bool Flow::release() {
  held_ = false;
  const bool refused = gone_ && size_ > 0;
  if (gone_) {
    drop();
  }
  for (Segment& segment : segments_) {
    if (segment.arrives == TimePoint::max()) {
      segment.arrives = arrival();
    }
  }
  readable.wake();
  writable.wake();
  return refused;
}

}  // namespace posthouse::net::sim
