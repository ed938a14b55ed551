#include "posthouse/imap/server/list_matching.h"

#include <algorithm>
#include <map>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_pattern = 4096;  // longer ones match nothing

// The places in a pattern that a name read so far can have come to, all at once: no backtracking.
class PatternMatcher {
 public:
  explicit PatternMatcher(std::string_view pattern) {
    for (const char c : pattern) {
      const bool wild = c == '*' || c == '%';
      if (!wild || pattern_.empty() || !is_wild(pattern_.size() - 1)) {
        pattern_ += c;
      } else if (c == '*') {
        pattern_.back() = '*';
      }
    }
  }

  bool matches(std::string_view name) {
    if (pattern_.size() > max_pattern) {
      return false;
    }
    const bool any_case = name == "INBOX";
    at_.assign(pattern_.size() + 1, 0);
    at_[0] = 1;
    pass_wildcards();
    for (const char c : name) {
      step(c, any_case);
      pass_wildcards();
    }
    return at_.back() != 0;
  }

 private:
  bool is_wild(std::size_t i) const { return pattern_[i] == '*' || pattern_[i] == '%'; }
  // A wildcard may stand for nothing.
  void pass_wildcards() {
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
      if (at_[i] != 0 && is_wild(i)) {
        at_[i + 1] = 1;
      }
    }
  }
  void step(char c, bool any_case) {
    for (std::size_t i = pattern_.size() + 1; i-- > 0;) {
      const bool stays = i < pattern_.size() && at_[i] != 0 && (pattern_[i] == '*' || (pattern_[i] == '%' && c != '/'));
      const bool comes = i > 0 && at_[i - 1] != 0 && !is_wild(i - 1) &&
                         (pattern_[i - 1] == c || (any_case && to_upper(pattern_[i - 1]) == c));
      at_[i] = stays || comes ? 1 : 0;
    }
  }

  std::string pattern_;
  std::vector<char> at_;
};

// What is known of a name.
struct Node {
  const MailboxEntry* mailbox = nullptr;  // none: there is none, it stands above one or is subscribed to
  bool subscribed = false;
  bool has_children = false;      // mailboxes below it
  bool matched = false;           // by a pattern
  bool hides_mailbox = false;     // there is a mailbox below it that no pattern matches
  bool hides_subscribed = false;  // likewise of those subscribed to
  bool hides_special_use = false;
};
using Nodes = std::map<std::string, Node, std::less<>>;

template <class F>
void for_each_ancestor(std::string_view name, F f) {
  for (std::size_t slash = name.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    f(name.substr(0, slash));
  }
}

Node& node_of(Nodes& nodes, std::string_view name) {
  const auto found = nodes.find(name);
  return found != nodes.end() ? found->second : nodes.emplace(name, Node{}).first->second;
}

Nodes collect(const std::vector<MailboxEntry>& mailboxes, const std::vector<std::string>& subscriptions) {
  Nodes nodes;
  for (const MailboxEntry& mailbox : mailboxes) {
    node_of(nodes, mailbox.name).mailbox = &mailbox;
    for_each_ancestor(mailbox.name, [&](std::string_view above) { node_of(nodes, above).has_children = true; });
  }
  for (const std::string& name : subscriptions) {
    node_of(nodes, name).subscribed = true;
    for_each_ancestor(name, [&](std::string_view above) { node_of(nodes, above); });
  }
  return nodes;
}

void match(Nodes& nodes, const command::List& list) {
  for (const MailboxName& pattern : list.patterns) {
    if (!pattern.valid || !list.reference.valid) {
      continue;
    }
    PatternMatcher matcher(list.reference.name + pattern.name);
    for (auto& [name, node] : nodes) {
      node.matched = node.matched || matcher.matches(name);
    }
  }
  for (const auto& [name, node] : nodes) {
    if (node.matched) {
      continue;
    }
    for_each_ancestor(name, [&, &hidden = node](std::string_view above) {
      Node& upper = node_of(nodes, above);
      upper.hides_mailbox = upper.hides_mailbox || hidden.mailbox != nullptr;
      upper.hides_subscribed = upper.hides_subscribed || hidden.subscribed;
      upper.hides_special_use =
          upper.hides_special_use || (hidden.mailbox != nullptr && !hidden.mailbox->special_use.empty());
    });
  }
}

bool exists(const Node& node) {
  return node.mailbox != nullptr && !node.mailbox->no_select;
}

// True when the selection options take the node for itself.
bool is_selected(const Node& node, const ListSelection& selection) {
  if (!selection.subscribed && !selection.special_use) {
    return node.mailbox != nullptr || node.hides_mailbox;
  }
  return (!selection.subscribed || node.subscribed) &&
         (!selection.special_use || (node.mailbox != nullptr && !node.mailbox->special_use.empty()));
}

std::vector<std::string> child_info(const Node& node, const ListSelection& selection) {
  std::vector<std::string> info;
  if (selection.recursive_match && selection.subscribed && node.hides_subscribed) {
    info.emplace_back("SUBSCRIBED");
  }
  if (selection.recursive_match && selection.special_use && node.hides_special_use) {
    info.emplace_back("SPECIAL-USE");
  }
  return info;
}

std::vector<std::string> attributes(const Node& node, const command::List& list, bool rev2) {
  std::vector<std::string> out;
  if (!exists(node)) {
    out.emplace_back(list.extended || rev2 ? "\\NonExistent" : "\\Noselect");
  }
  out.emplace_back(node.has_children ? "\\HasChildren" : "\\HasNoChildren");
  if (node.subscribed && (list.want.subscribed || list.selection.subscribed)) {
    out.emplace_back("\\Subscribed");
  }
  if (node.mailbox != nullptr) {
    out.insert(out.end(), node.mailbox->special_use.begin(), node.mailbox->special_use.end());
  }
  return out;
}

response::ListEntry entry(const std::string& name, response::ListKind kind) {
  return {.kind = kind, .delimiter = "/", .mailbox = MailboxName{.name = name}};
}

// RFC 3501 section 6.3.9: what is subscribed to, and "\Noselect" for what stands above it where "%" goes no deeper.
std::vector<response::ListEntry> lsub(const Nodes& nodes) {
  std::vector<response::ListEntry> out;
  for (const auto& [name, node] : nodes) {
    if (!node.matched || (!node.subscribed && !node.hides_subscribed)) {
      continue;
    }
    out.push_back(entry(name, response::ListKind::lsub));
    if (!node.subscribed) {
      out.back().attributes.emplace_back("\\Noselect");
    }
  }
  return out;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view name) {
  return PatternMatcher(pattern).matches(name);
}

std::vector<response::ListEntry> list_mailboxes(const command::List& list, const std::vector<MailboxEntry>& mailboxes,
                                                const std::vector<std::string>& subscriptions, bool rev2) {
  if (!list.extended && list.patterns.front().name.empty()) {
    response::ListEntry root = entry("", list.lsub ? response::ListKind::lsub : response::ListKind::list);
    root.attributes.emplace_back("\\Noselect");
    return {root};
  }
  Nodes nodes = collect(mailboxes, subscriptions);
  match(nodes, list);
  if (list.lsub) {
    return lsub(nodes);
  }
  std::vector<response::ListEntry> out;
  for (const auto& [name, node] : nodes) {
    std::vector<std::string> info = child_info(node, list.selection);
    if (!node.matched || (info.empty() && !is_selected(node, list.selection))) {
      continue;
    }
    out.push_back(entry(name, response::ListKind::list));
    out.back().attributes = attributes(node, list, rev2);
    out.back().child_info = std::move(info);
  }
  return out;
}

}  // namespace posthouse::imap
