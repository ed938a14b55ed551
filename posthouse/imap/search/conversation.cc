#include "posthouse/imap/search/conversation.h"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

std::uint32_t Conversations::make() {
  containers_.emplace_back();
  ancestors_.add();
  return static_cast<std::uint32_t>(containers_.size() - 1);
}

std::uint32_t Conversations::container_of(const std::string& id) {
  const auto [at, made] = ids_.try_emplace(id, none);
  if (made) {
    at->second = make();
  }
  return at->second;
}

// Unless it would close a circle.
void Conversations::set_parent(std::uint32_t child, std::uint32_t parent) {
  if (ancestors_.root(parent) == child) {
    return;
  }
  ancestors_.link(child, parent);
  containers_[child].parent = parent;
}

void Conversations::add(ThreadedMessage message, const std::string& id, const std::vector<std::string>& references) {
  std::uint32_t own = id.empty() ? make() : container_of(id);
  if (!is_dummy(own)) {
    own = make();  // another message has the same id
  }
  containers_[own].message = static_cast<std::uint32_t>(messages_.size());
  messages_.push_back(std::move(message));
  std::uint32_t parent = none;
  for (const std::string& reference : references) {
    const std::uint32_t next = container_of(reference);
    if (parent != none && containers_[next].parent == none) {
      set_parent(next, parent);
    }
    parent = next;
  }
  if (containers_[own].parent != none) {
    ancestors_.cut(own);
    containers_[own].parent = none;
  }
  if (parent != none) {
    set_parent(own, parent);
  }
}

// Step (2). Children stand in the order in which containers were made.
void Conversations::gather() {
  for (std::uint32_t i = 0; i < containers_.size(); ++i) {
    const std::uint32_t parent = containers_[i].parent;
    (parent == none ? top_ : containers_[parent].children).push_back(i);
  }
}

// All containers, each before its children.
std::vector<std::uint32_t> Conversations::from_the_top() const {
  std::vector<std::uint32_t> order = top_;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& children = containers_[order[i]].children;
    order.insert(order.end(), children.begin(), children.end());
  }
  return order;
}

// Step (3), from below. Their order is made later.
void Conversations::prune() {
  const std::vector<std::uint32_t> order = from_the_top();
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t>& children = containers_[*at].children;
    for (const std::uint32_t child : children) {
      if (!is_dummy(child)) {
        kept.push_back(child);
        continue;
      }
      std::vector<std::uint32_t> inner = std::move(containers_[child].children);
      if (inner.size() > kept.size()) {  // so that each is copied a few times only
        inner.swap(kept);
      }
      kept.insert(kept.end(), inner.begin(), inner.end());
    }
    children = std::move(kept);
  }
  std::vector<std::uint32_t> top;
  for (const std::uint32_t container : top_) {
    const auto& children = containers_[container].children;
    if (!is_dummy(container) || children.size() > 1) {
      top.push_back(container);
    } else if (children.size() == 1) {
      top.push_back(children.front());
    }
  }
  top_ = std::move(top);
}

// Of a dummy its first child, which is a message.
std::uint32_t Conversations::first_message(std::uint32_t container) const {
  return is_dummy(container) ? containers_[container].children.front() : container;
}

bool Conversations::before(std::uint32_t a, std::uint32_t b) const {
  a = containers_[first_message(a)].message;
  b = containers_[first_message(b)].message;
  return messages_[a].date != messages_[b].date ? messages_[a].date < messages_[b].date : a < b;
}

// Dummies are at the top alone, so that children are in order when a dummy is compared by its first one.
void Conversations::sort_children() {
  for (Container& container : containers_) {
    std::sort(container.children.begin(), container.children.end(),
              [&](std::uint32_t a, std::uint32_t b) { return before(a, b); });
  }
}

void Conversations::sort_top(bool by_newest) {
  if (!by_newest) {
    std::sort(top_.begin(), top_.end(), [&](std::uint32_t a, std::uint32_t b) { return before(a, b); });
    return;
  }
  using Newest = std::pair<std::chrono::sys_seconds, std::uint32_t>;  // date and message
  std::vector<Newest> newest(containers_.size(), Newest{std::chrono::sys_seconds::min(), 0});
  const std::vector<std::uint32_t> order = from_the_top();
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    if (!is_dummy(*at)) {
      newest[*at] = std::max(newest[*at], Newest{message_of(*at).date, containers_[*at].message});
    }
    for (const std::uint32_t child : containers_[*at].children) {
      newest[*at] = std::max(newest[*at], newest[child]);
    }
  }
  std::sort(top_.begin(), top_.end(), [&](std::uint32_t a, std::uint32_t b) { return newest[a] < newest[b]; });
}

// Step (5).
void Conversations::join_subjects() {
  std::unordered_map<std::string_view, std::uint32_t> table;
  const auto subject_of = [&](std::uint32_t container) -> std::string_view {
    return message_of(first_message(container)).subject;
  };
  for (const std::uint32_t current : top_) {
    const std::string_view subject = subject_of(current);
    if (subject.empty()) {
      continue;
    }
    const auto [at, made] = table.try_emplace(subject, current);
    if (!made && !is_dummy(at->second) &&
        (is_dummy(current) || (message_of(at->second).reply_or_forward && !message_of(current).reply_or_forward))) {
      at->second = current;
    }
  }
  const std::vector<std::uint32_t> top = std::exchange(top_, {});
  std::unordered_map<std::uint32_t, std::uint32_t> dummies;  // of a table's entry, the dummy over it
  for (const std::uint32_t current : top) {
    const auto entry = table.find(subject_of(current));
    if (entry == table.end() || entry->second == current) {
      top_.push_back(current);
      continue;
    }
    std::uint32_t& over = entry->second;
    const std::uint32_t before_merge = over;
    merge(over, current);
    if (over != before_merge) {
      dummies.emplace(before_merge, over);
    }
  }
  // A table's entry may stand before or behind the message that put a dummy over it.
  for (std::uint32_t& container : top_) {
    if (const auto dummy = dummies.find(container); dummy != dummies.end()) {
      container = dummy->second;
    }
  }
}

// Step (5), the second (C).
void Conversations::merge(std::uint32_t& in_table, std::uint32_t current) {
  if (is_dummy(in_table) && is_dummy(current)) {
    std::vector<std::uint32_t> moved = std::move(containers_[current].children);
    auto& children = containers_[in_table].children;
    children.insert(children.end(), moved.begin(), moved.end());
  } else if (is_dummy(in_table) ||
             (!is_dummy(current) && message_of(current).reply_or_forward && !message_of(in_table).reply_or_forward)) {
    containers_[in_table].children.push_back(current);
  } else {
    const std::uint32_t dummy = make();
    containers_[dummy].children = {in_table, current};
    in_table = dummy;
  }
}

void Conversations::write(response::Thread& thread, std::uint32_t top) const {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open{{top, 0}};  // container, depth
  while (!open.empty()) {
    const auto [container, depth] = open.back();
    open.pop_back();
    thread.nodes.push_back({is_dummy(container) ? 0 : message_of(container).number, depth});
    const auto& children = containers_[container].children;
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      open.emplace_back(*child, depth + 1);
    }
  }
}

response::Thread Conversations::run(bool by_subject, bool by_newest) {
  gather();
  prune();
  sort_children();
  sort_top(false);
  if (by_subject) {
    join_subjects();
    sort_children();
  }
  sort_top(by_newest);
  response::Thread thread;
  thread.nodes.reserve(containers_.size());
  for (const std::uint32_t top : top_) {
    write(thread, top);
  }
  return thread;
}

}  // namespace posthouse::imap
