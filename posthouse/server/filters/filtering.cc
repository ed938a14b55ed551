#include "posthouse/server/filters/filtering.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/fiber/run.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/server/filters/filter_world.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/special_uses.h"
#include "posthouse/sieve/actions/header_edit.h"
#include "posthouse/sieve/answer/compose.h"
#include "posthouse/sieve/error.h"
#include "posthouse/sieve/run/run.h"

namespace posthouse::server {
namespace {

/// Delivered-To fields of a letter that is not redirected once more.
constexpr std::size_t most_sent_on = 5;
/// Redirects inside the house, one after the other.
constexpr int most_turns = 5;
/// Octets of a reason that one reply of SMTP may have.
constexpr std::size_t most_reason = 400;

mime::Message read_letter(store::Store& store, const store::StoredBody& body) {
  return body.in_memory() ? mime::Message::view(body.bytes()) : mime::Message::map(store.file_of(body));
}

std::optional<sieve::SpamRule> spam_rule() {
  return sieve::SpamRule{.field = "X-Spam-Status",
                         .pattern = "score=(-?[0-9.]+)",
                         .most_field = "X-Spam-Status",
                         .most_pattern = "required=([0-9.]+)"};
}

sieve::Composition composition(const std::string& hostname, store::Moment now) {
  sieve::Composition with;
  with.date.utc = std::chrono::floor<std::chrono::seconds>(now);
  with.message_id = mime::make_message_id(hostname);
  return with;
}

store::Flags system_flag(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, store::Flags>, 5> names{
      {{"\\Seen", store::flag::seen},
       {"\\Answered", store::flag::answered},
       {"\\Flagged", store::flag::flagged},
       {"\\Deleted", store::flag::deleted},
       {"\\Draft", store::flag::draft}}};
  const auto* const found = std::ranges::find_if(names, [&](const auto& each) { return iequals(each.first, name); });
  return found == names.end() ? 0 : found->second;
}

/// A reason as a reply of SMTP says it (RFC 5429 section 2.1.1).
std::string reply_text(const std::string& reason) {
  std::string line;
  for (const char c : reason) {
    line += c == '\r' ? "" : std::string(1, c == '\n' || c == '\t' ? ' ' : c);
  }
  line = std::string(trim(line));
  return line.empty() || !is_ascii(line) ? "The recipient does not want this message" : printable(line, most_reason);
}

}  // namespace

Filtering::Filtering(House& house, const FilterSettings& settings, ScriptShelf& shelf, const FilteredLetter& letter,
                     const store::StoredBody& body)
    : house_(house), settings_(settings), shelf_(shelf), letter_(letter), body_(body) {}

void Filtering::tell(const store::LocalRecipient& recipient, const std::string& what) const {
  log_bounded(spdlog::level::warn, "filter failed", "id={} account={} cause={}", letter_.id, shown(recipient.address),
              shown(what));
}

void Filtering::decide(delivery::Destinations& to) {
  for (delivery::Filtered& each : to.take_filtered()) {
    known_.push_back(each.recipient.account);
    tasks_.push_back({std::move(each.recipient), std::move(each.address), 0});
  }
  alone_ = letter_.single && to.empty() && tasks_.size() == 1;
  const mime::Message message = fiber::blocking([&] { return read_letter(*house_.store, body_); });
  while (!tasks_.empty()) {
    const Task task = std::move(tasks_.back());
    tasks_.pop_back();
    plan_for(task, message, to);
  }
}

sieve::Outcome Filtering::run(const Task& task, const mime::Message& message, std::string& trouble) {
  const store::LocalRecipient& who = task.recipient;
  sieve::Outcome outcome;
  try {
    const std::shared_ptr<const ActiveScript> active =
        fiber::blocking([&] { return shelf_.find(*house_.store, who.account); });
    if (active == nullptr) {  // it has been switched off
      return outcome;
    }
    if (!active->script) {
      trouble = active->error;
      return outcome;
    }
    const FilterWorld world(*house_.store, who.account, letter_.now);
    sieve::Context context;
    context.envelope = {.from = letter_.reverse_path, .to = {task.address}};
    context.front = letter_.front;
    context.own_addresses = house_.store->accounts().aliases_to(who.address);
    std::erase_if(context.own_addresses, [](const std::string& each) { return each.starts_with("*@"); });
    context.own_addresses.push_back(who.address);
    context.separators = house_.store->accounts().address_rules().separators;
    const std::string domain = who.address.substr(std::min(who.address.rfind('@') + 1, who.address.size()));
    context.environment = {{"domain", domain},
                           {"host", house_.hostname},
                           {"location", "MS"},
                           {"phase", "during"},
                           {"remote-ip", letter_.peer_ip}};
    context.now = std::chrono::floor<std::chrono::seconds>(letter_.now);
    context.mailboxes = &world;
    context.answered = &world;
    context.seen = &world;
    context.spam = letter_.trusted ? spam_rule() : std::nullopt;
    context.vacation.least_period = settings_.vacation_least;
    context.vacation.default_period = std::max(context.vacation.default_period, settings_.vacation_least);
    context.postmaster = "postmaster@" + domain;
    context.limits.redirects = settings_.redirects;
    outcome = fiber::blocking([&] { return sieve::run(*active->script, message, context); });
    if (outcome.error) {
      trouble = sieve::to_string(*outcome.error);
    }
  } catch (const posthouse::Error& error) {
    if (error.retryable() || fiber::is_canceled(error)) {
      throw;
    }
    trouble = error.what();
    outcome = {};
  }
  return outcome;
}

void Filtering::copy_edited(Plan& plan, const sieve::Outcome& outcome, const mime::Message& message,
                            std::size_t edits) {
  if (edits == 0 || plan.copies.contains(edits)) {
    return;
  }
  const std::string_view raw = message.raw();
  const std::size_t header_end = message.root().body_offset();
  std::string header(raw.substr(0, header_end));
  for (std::size_t i = 0; i < edits && i < outcome.edits.size(); ++i) {
    sieve::apply_edit(outcome.edits[i], header);
  }
  store::BodyWriter copy = house_.store->new_body();
  copy.append(header);
  constexpr std::size_t chunk = 64 * 1024;
  for (std::size_t at = header_end; at < raw.size(); at += chunk) {
    copy.append(raw.substr(at, chunk));
  }
  plan.copies.emplace(edits, copy.finish());
}

std::optional<Filtering::Post> Filtering::post(const std::string& text, const std::string& reverse_path,
                                               const std::vector<std::string>& recipients) {
  Post made;
  bool ascii = is_ascii(reverse_path);
  for (const std::string& address : recipients) {
    const store::Resolution resolution = house_.directory->resolve(address);
    if (resolution.status == store::Resolution::Status::ok) {
      made.to.add_local(resolution, address);
    } else if (resolution.status == store::Resolution::Status::no_such_domain && !queue::domain_of(address).empty()) {
      made.to.add_remote(address);
    }
    ascii = ascii && is_ascii(address);
  }
  if (made.to.empty()) {
    return std::nullopt;
  }
  store::BodyWriter body = house_.store->new_body();
  body.append(text);
  made.letter = {.body = body.finish(),
                 .reverse_path = reverse_path,
                 .smtputf8 = !ascii,
                 .eight_bit = !is_ascii(text),
                 .expires_at = letter_.expires_at};
  return made;
}

/// False where the letter cannot be sent on: then its owner keeps it.
bool Filtering::redirect(const Task& task, const std::string& address, delivery::Destinations& to) {
  using Status = store::Resolution::Status;
  const std::vector<std::string> owner = {task.recipient.address};
  if (letter_.delivered_to.size() >= most_sent_on || task.depth >= most_turns || letter_.was_sent_on(owner)) {
    return false;
  }
  store::Resolution resolution = house_.directory->resolve(address);
  if (resolution.status == Status::no_such_domain && !queue::domain_of(address).empty()) {
    to.add_remote(address, task.address);
  } else if (resolution.status == Status::ok && resolution.lists.empty() &&  // lists know who may write to them
             house_.directory->has_room(resolution, body_.size())) {
    const auto is_known = [&](const store::LocalRecipient& each) {
      return std::ranges::find(known_, each.account) != known_.end();
    };
    if (std::ranges::any_of(resolution.local, is_known) ||
        (!resolution.remote.empty() && letter_.was_sent_on({address}))) {
      return false;
    }
    to.add_local(resolution, address);
    for (delivery::Filtered& each : to.take_filtered()) {
      known_.push_back(each.recipient.account);
      tasks_.push_back({std::move(each.recipient), std::move(each.address), task.depth + 1});
    }
  } else {
    return false;
  }
  if (std::ranges::find(redirectors_, owner.front()) == redirectors_.end()) {
    redirectors_.push_back(owner.front());
  }
  return true;
}

/// A message of our own for `whom`; what cannot be written or reaches nobody is left out.
void Filtering::send(Decision& decision, const std::function<std::string()>& compose, const std::string& reverse_path,
                     const std::vector<std::string>& whom, std::string mark, store::Moment until) {
  try {
    if (auto made = post(compose(), reverse_path, whom)) {
      made->mark = std::move(mark);
      made->until = until;
      decision.plan.posts.push_back(*std::move(made));
    }
  } catch (const sieve::Error& error) {
    decision.trouble = error.what();
  }
}

/// RFC 5429 section 2.1: by the protocol where that is heard by nobody else, else by mail; the null sender is told nothing, nor is
/// one whose name may be forged.
void Filtering::refuse(Decision& decision, const Task& task, const sieve::Reject& reject,
                       const mime::Message& message) {
  if (alone_ && task.depth == 0) {
    refusal_ = reply_text(reject.reason);
  } else if (letter_.junk) {
    decision.keep = true;
  } else if (!letter_.reverse_path.empty()) {
    const sieve::RefusalParties parties{
        .from = "postmaster@" + house_.hostname, .sender = letter_.reverse_path, .recipient = task.recipient.address};
    send(decision, [&] { return sieve::compose(reject, message, composition(house_.hostname, letter_.now), parties); },
         {}, {letter_.reverse_path}, {}, {});
  }
}

void Filtering::act(Decision& decision, const Task& task, const sieve::Action& action, const mime::Message& message,
                    delivery::Destinations& to) {
  const auto with = [&] { return composition(house_.hostname, letter_.now); };
  if (const auto* kept = std::get_if<sieve::Keep>(&action.what)) {
    decision.plan.filings.push_back({.flags = kept->flags, .edits = action.edits});
  } else if (const auto* file = std::get_if<sieve::FileInto>(&action.what)) {
    decision.plan.filings.push_back({.mailbox = file->mailbox,
                                     .special_use = file->special_use,
                                     .create = file->create,
                                     .flags = file->flags,
                                     .edits = action.edits});
  } else if (const auto* sent_on = std::get_if<sieve::Redirect>(&action.what)) {
    if (!redirect(task, sent_on->address, to)) {
      decision.trouble = "not redirected to " + sent_on->address + ": a circle, or nobody takes it there";
      decision.keep = true;
    }
  } else if (const auto* reject = std::get_if<sieve::Reject>(&action.what)) {
    refuse(decision, task, *reject, message);
  } else if (const auto* answer = std::get_if<sieve::Vacation>(&action.what);
             answer && answer->withheld.empty() && !letter_.junk) {
    const bool once = answer->period > answer->period.zero();
    send(
        decision, [&] { return sieve::compose(*answer, message, with()); }, answer->envelope_from, {answer->to},
        once ? answer_mark(answer->handle, answer->to) : std::string(), letter_.now + answer->period);
  } else if (const auto* notice = std::get_if<sieve::Notify>(&action.what); notice && notice->withheld.empty()) {
    send(decision, [&] { return sieve::compose(*notice, message, with(), task.recipient.address); },
         notice->envelope_from, notice->recipients, {}, {});
  }
}

void Filtering::plan_for(const Task& task, const mime::Message& message, delivery::Destinations& to) {
  Decision decision;
  decision.plan.recipient = task.recipient;
  const sieve::Outcome outcome = run(task, message, decision.trouble);
  decision.keep = outcome.implicit_keep;
  for (const sieve::Action& action : outcome.actions) {
    act(decision, task, action, message, to);
  }
  Plan& plan = decision.plan;
  if (decision.keep) {
    plan.filings.push_back(
        {.special_use = letter_.junk ? "\\Junk" : "", .flags = outcome.flags, .edits = outcome.edits.size()});
  }
  for (const sieve::DuplicateMark& mark : outcome.duplicates) {
    plan.marks.emplace_back(seen_mark(mark.handle, mark.id), letter_.now + mark.period);
  }
  for (const Filing& filing : plan.filings) {
    copy_edited(plan, outcome, message, filing.edits);
  }
  if (!decision.trouble.empty()) {
    tell(task.recipient, decision.trouble);
  }
  if (!plan.filings.empty() || !plan.posts.empty() || !plan.marks.empty()) {
    plans_.push_back(std::move(plan));
  }
}

bool Filtering::keeps_original() const {
  return std::ranges::any_of(plans_, [](const Plan& plan) {
    return std::ranges::any_of(plan.filings, [](const Filing& filing) { return filing.edits == 0; });
  });
}

store::MailboxId Filtering::mailbox_for(store::Write& write, const Plan& plan, const Filing& filing) {
  const store::AccountId account = plan.recipient.account;
  const store::SpecialUse use = special_use_of(filing.special_use);
  if (const auto found = mailbox_used_for(write, account, use)) {
    return *found;
  }
  if (filing.mailbox.empty()) {
    return plan.recipient.inbox;
  }
  if (const auto found = store::find_mailbox(write, account, filing.mailbox)) {
    return found->id;
  }
  if (filing.create && store::normalize_mailbox_name(filing.mailbox)) {
    return store::create_mailbox(write, account, filing.mailbox, use).id;
  }
  tell(plan.recipient, "there is no mailbox " + filing.mailbox);
  return plan.recipient.inbox;
}

void Filtering::file(store::Write& write, const Plan& plan, const Filing& filing, store::MessageId message) {
  store::Flags flags = 0;
  std::vector<std::string> keywords;
  for (const std::string& name : filing.flags) {
    if (name.starts_with('\\')) {
      flags |= system_flag(name);
    } else {
      keywords.push_back(name);
    }
  }
  const store::MailboxId mailbox = mailbox_for(write, plan, filing);
  const auto uid = store::add_to_mailbox(write, mailbox, message, letter_.now, flags);
  if (!uid) {
    return;  // it is there already
  }
  ++mailboxes_;
  if (!keywords.empty()) {
    try {
      const store::Uid uids[] = {*uid};
      store::store_flags(write, mailbox, uids, {.how = store::FlagChange::How::add, .keywords = keywords});
    } catch (const store::Error& error) {
      if (error.errc() != store::Errc::invalid_name && error.errc() != store::Errc::too_many) {
        throw;
      }
      tell(plan.recipient, error.what());
    }
  }
  if (plan.recipient.limited) {
    store::require_room(write, std::span(&mailbox, 1));
  }
}

void Filtering::apply(store::Write& write, const delivery::Letter& letter, store::MessageId message) {
  mailboxes_ = 0;
  for (const Plan& plan : plans_) {
    std::map<std::size_t, store::MessageId> copies{{0, message}};
    for (const auto& [edits, body] : plan.copies) {
      copies[edits] = store::add_message(
          write, body,
          {.received_at = letter_.now, .prefix = letter.prefix, .return_path = letter.reverse_path, .summary = {}});
    }
    for (const Filing& filing : plan.filings) {
      file(write, plan, filing, copies.at(filing.edits));
    }
    for (const auto& [mark, until] : plan.marks) {
      store::remember(write, plan.recipient.account, mark, letter_.now, until, true);
    }
    for (const Post& each : plan.posts) {
      if (each.mark.empty() || store::remember(write, plan.recipient.account, each.mark, letter_.now, each.until)) {
        delivery::deliver(write, each.letter, each.to, letter_.now);
      }
    }
  }
}

}  // namespace posthouse::server
