// How actions come into the outcome: each once, within the limits, none that RFC 5429 says contradicts another.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/run/machine.h"

namespace posthouse::sieve {
namespace {

bool refuses(const Action& action) noexcept {
  return std::holds_alternative<Reject>(action.what);
}

// What cannot be together with a refusal (RFC 5429 section 2.4).
bool delivers(const Action& action) noexcept {
  return std::holds_alternative<Keep>(action.what) || std::holds_alternative<FileInto>(action.what) ||
         std::holds_alternative<Redirect>(action.what) || std::holds_alternative<Vacation>(action.what);
}

template <class Kind>
std::size_t count_of(const std::vector<Action>& actions) {
  return static_cast<std::size_t>(std::count_if(
      actions.begin(), actions.end(), [](const Action& one) { return std::holds_alternative<Kind>(one.what); }));
}

// Actions of one kind have a bound of their own.
template <class Kind>
void hold_to_limit(const Machine& machine, const Action& action, const std::vector<Action>& others, std::size_t limit) {
  if (!std::holds_alternative<Kind>(action.what)) {
    return;
  }
  if (limit == 0) {
    machine.fail(action.at, fmt::format("local policy prohibits the use of a {} action", name_of(action)));
  }
  if (count_of<Kind>(others) >= limit) {
    machine.fail(action.at, fmt::format("number of {} actions exceeds policy limit ({})", name_of(action), limit));
  }
}

// "INBOX" is one mailbox however it is written (RFC 3501 section 5.1).
bool same_mailbox(std::string_view a, std::string_view b) noexcept {
  return a == b || (iequals(a, "INBOX") && iequals(b, "INBOX"));
}

bool same_address(std::string_view a, std::string_view b) noexcept {
  const std::size_t at = a.rfind('@');
  return at == b.rfind('@') && at != std::string_view::npos && a.substr(0, at) == b.substr(0, at) &&
         iequals(a.substr(at), b.substr(at));
}

}  // namespace

void Machine::check_action(const Action& action, const Call& call) const {
  for (const Action& other : outcome_.actions) {
    if (other.of_earlier) {
      continue;
    }
    if ((refuses(action) && (delivers(other) || refuses(other))) || (refuses(other) && delivers(action))) {
      fail(call.at, fmt::format("{} cannot be done together with {}", name_of(action), name_of(other)));
    }
    if (std::holds_alternative<Vacation>(action.what) && std::holds_alternative<Vacation>(other.what)) {
      fail(call.at, "the script sends more than one vacation answer");
    }
  }
}

// True where the outcome has that action already; what the later one says of flags holds (RFC 5232 section 3.3).
bool Machine::merge(const Action& action) {
  const std::string& inbox = context_->inbox;
  for (Action& other : outcome_.actions) {
    auto* const kept = std::get_if<Keep>(&other.what);
    auto* const filed = std::get_if<FileInto>(&other.what);
    if (const auto* keep = std::get_if<Keep>(&action.what)) {
      if (kept != nullptr || (filed != nullptr && filed->special_use.empty() && same_mailbox(filed->mailbox, inbox))) {
        other.what = *keep;
        return true;
      }
    } else if (const auto* file = std::get_if<FileInto>(&action.what)) {
      if (kept != nullptr && file->special_use.empty() && same_mailbox(file->mailbox, inbox)) {
        kept->flags = file->flags;
        return true;
      }
      if (filed != nullptr && same_mailbox(filed->mailbox, file->mailbox) && filed->special_use == file->special_use) {
        filed->flags = file->flags;
        filed->create = filed->create || file->create;
        return true;
      }
    } else if (const auto* redirect = std::get_if<Redirect>(&action.what)) {
      const auto* sent = std::get_if<Redirect>(&other.what);
      if (sent != nullptr && same_address(sent->address, redirect->address)) {
        return true;
      }
    } else if (std::holds_alternative<Discard>(action.what) && std::holds_alternative<Discard>(other.what)) {
      return true;
    } else if (other.of_earlier &&
               ((refuses(action) && refuses(other)) ||
                (std::holds_alternative<Vacation>(action.what) && std::holds_alternative<Vacation>(other.what)))) {
      return true;
    }
  }
  return false;
}

void Machine::add_action(Action action, const Call& call, bool cancels_keep) {
  action.script = program().name;
  action.at = call.at;
  action.edits = outcome_.edits.size();
  check_action(action, call);
  if (cancels_keep) {
    outcome_.implicit_keep = false;
  }
  if (merge(action)) {
    return;
  }
  const Limits& limits = context_->limits;
  hold_to_limit<Redirect>(*this, action, outcome_.actions, limits.redirects);
  hold_to_limit<Notify>(*this, action, outcome_.actions, limits.notifications);
  if (outcome_.actions.size() >= limits.actions) {
    fail(call.at, fmt::format("total number of actions exceeds policy limit ({})", limits.actions));
  }
  outcome_.actions.push_back(std::move(action));
}

}  // namespace posthouse::sieve
