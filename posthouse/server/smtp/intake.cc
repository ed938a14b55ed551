#include "posthouse/server/smtp/intake.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/fiber/random.h"
#include "posthouse/fiber/time.h"
#include "posthouse/mail/domain.h"
#include "posthouse/milter/apply/apply.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/wire/line_ends.h"
#include "posthouse/server/filters/filtering.h"
#include "posthouse/server/judging/letter_judge.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/smtp/letter_log.h"
#include "posthouse/server/smtp/received.h"
#include "posthouse/server/summaries.h"
#include "posthouse/sql/error.h"
#include "posthouse/store/lessons/lessons.h"

namespace posthouse::server {

namespace {

constexpr std::size_t most_authors = 100;                       // in From:, that are looked at
constexpr std::size_t longest_header = std::size_t{256} << 10;  // that milters may change

/// Whether an authentication service identifier is the name of this host.
bool is_ours(std::string_view id, std::string_view hostname) {
  const auto domain = mail::Domain::parse(id);
  return iequals(id, hostname) || (domain && domain == mail::Domain::parse(hostname));
}

/// Whether a From: field names an address of this house, or so many that it cannot be told.
bool names_own_sender(Directory& directory, std::string_view value) {
  const auto authors = mime::parse_addresses(value, most_authors + 1);
  return authors.size() > most_authors || std::any_of(authors.begin(), authors.end(), [&](const mime::Address& author) {
           return directory.is_local(author.addr);
         });
}

}  // namespace

Intake::Intake(House& house, const IntakeRules& rules, const Visits& visits, const smtp::Session& session,
               const smtp::Envelope& envelope, const delivery::Destinations& to, SessionMilters* milters,
               const Submitter* submitter)
    : house_(house),
      rules_(rules),
      visits_(visits),
      session_(session),
      envelope_(envelope),
      to_(to),
      when_(net::wall_now()),
      began_(net::now()),
      id_(net::random_hex(8)),
      filter_({"return-path", "authentication-results", "from", "bcc", "resent-bcc"},
              [this](std::string_view name, std::string_view value) { return unwanted(name, value); }),
      body_(house.store->new_body()),
      milters_(milters),
      submitter_(submitter),
      sender_(envelope.reverse_path) {
  if (milters_ != nullptr) {
    if (auto refusal = milters_->data(session_, id_)) {
      throw smtp::Error(*std::move(refusal));
    }
  }
  if (stranger()) {
    if (rules.screening.concerns(session.peer)) {
      screening_ = std::make_unique<Screening>(
          rules.screening, mailauth::Envelope{session.peer, session.helo, envelope.reverse_path, house.hostname});
    }
  } else if (rules.signing != nullptr && !rules.signing->empty()) {
    signer_ = std::make_unique<LetterSigner>(rules.signing);
  }
}

void Intake::append(std::string_view chunk) {
  taking_in([&] {
    if (screening_ != nullptr) {
      screening_->add(chunk);
    }
    filter_.add(chunk, [this](std::string_view octets) { keep(octets); });
  });
}

/// Runs `take`; a failure of the store or its database is logged and becomes the reply.
template <class F>
void Intake::taking_in(F&& take) {
  try {
    take();
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::err, "cannot take in message", "peer={} id={} error={}", session_.peer.to_string(), id_,
                shown(error.what()));
    throw smtp::Error(reply_for(error));
  }
}

/// Whether a field goes; looks at the sender on the way.
bool Intake::unwanted(std::string_view name, std::string_view value) {
  const bool stranger = this->stranger();
  if (name == "from") {
    has_from_ = true;
    own_sender_ = own_sender_ || (stranger && rules_.refuse_own_senders && names_own_sender(*house_.directory, value));
    return false;
  }
  if (name == "authentication-results") {
    return stranger && is_ours(mime::parse_authentication_results(value).authserv_id, house_.hostname);
  }
  return name == "return-path" || !stranger;  // the others are Bcc and Resent-Bcc (RFC 5322 section 3.6.3)
}

void Intake::keep(std::string_view chunk) {
  const bool in_header = !scanner_.ended();
  const std::size_t header_end = scanner_.scan(chunk);
  if ((milters_ != nullptr || !to_.arrivals().empty()) && in_header && header_.size() <= longest_header) {
    header_ += chunk.substr(0, header_end);  // not_here is all of it
  }
  if (header_end == delivery::HeaderScanner::not_here || !submitted()) {
    put(chunk);
    return;
  }
  put(chunk.substr(0, header_end));
  add_missing_fields();
  put(chunk.substr(header_end));
}

/// What is stored is what will be sent, and so what is signed.
void Intake::put(std::string_view octets) {
  if (signer_ != nullptr) {
    signer_->add(octets);
  }
  if (milters_ != nullptr) {
    milters_->append(octets);
  }
  body_.append(octets);
}

/// RFC 6409 section 8: what a mail program has left out.
void Intake::add_missing_fields() {
  if (!has_from_) {
    put("From: " + (sender_.empty() ? session_.user : sender_) + "\r\n");
  }
  if (!scanner_.has_date()) {
    put("Date: " + mime::format_date(when_) + "\r\n");
  }
  if (!scanner_.has_message_id()) {
    added_message_id_ = mime::make_message_id(house_.hostname);
    put("Message-ID: " + added_message_id_ + "\r\n");
  }
}

/// What was announced as international need not be: then it may go to hosts that take nothing such (RFC 6531 section
/// 3.2).
bool Intake::needs_utf8() const {
  if (scanner_.eight_bit_header() || !is_ascii(sender_) || (!has_from_ && !is_ascii(session_.user)) ||
      !is_ascii(changes_.fields)) {
    return true;
  }
  return std::any_of(to().remote().begin(), to().remote().end(), [](const auto& to) { return !is_ascii(to.address); });
}

/// Finds out where the letter comes from; a reply when it is not taken.
std::optional<smtp::Reply> Intake::screen() {
  if (screening_ == nullptr) {
    return std::nullopt;
  }
  const Screened& screened = screened_.emplace(screening_->finish());
  log_screened(screened, session_.peer, id_, envelope_.reverse_path);
  if (screened.fate == Fate::refuse || screened.fate == Fate::defer) {
    return screened.reply;
  }
  results_ = screened.field(house_.hostname);
  junk_ = screened.fate == Fate::junk;
  return std::nullopt;
}

/// By what the only recipient has taught, or what everybody has. No trouble here keeps a letter from being taken.
void Intake::judge(const store::StoredBody& body) {
  if (!screened_ || !rules_.judging.enabled || to().mailboxes().empty()) {
    return;
  }
  try {
    const std::optional<store::AccountId> account = only_account(*house_.store, to());
    const auto judgement = judge_letter(*house_.store, body,
                                        {.hostname = house_.hostname,
                                         .helo = session_.helo,
                                         .reverse_path = sender_,
                                         .authentication = &screened_->results,
                                         .now = when_},
                                        account.value_or(store::pupil_all), rules_.judging);
    if (!judgement) {
      return;
    }
    judgement_ = spam_status_field(*judgement);
    junk_ = junk_ || judgement->unwanted();
    log().info("judged peer={} id={} from={} {}", session_.peer.to_string(), id_, sender_shown(sender_),
               fields_of(*judgement));
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    log_bounded(spdlog::level::warn, "not judged", "peer={} id={} error={}", session_.peer.to_string(), id_,
                shown(error.what()));
  }
}

/// A domain answers for its own users, and for who may send in its name.
bool Intake::may_sign_for(const mail::Address& author) {
  if (submitter_ != nullptr) {
    return submitter_->any_sender ? house_.directory->is_local(author.unicode())
                                  : may_send_as_local_user(house_, *submitter_, author.unicode());
  }
  const store::Account account{.id = session_.user_id, .address = session_.user};
  const auto user = mail::Address::parse(account.address);
  return (user && author.domain() == user->domain()) || house_.directory->may_send_as(account, author.unicode());
}

/// The DKIM-Signature fields.
std::string Intake::signature() {
  if (signer_ == nullptr) {
    return {};
  }
  const LetterSigner::Outcome outcome =
      signer_->finish([&](const mail::Address& author) { return may_sign_for(author); });
  if (!outcome.domains.empty() || !outcome.reason.empty()) {
    log().info("{} peer={} id={}{}{}", outcome.domains.empty() ? "not signed" : "signed", session_.peer.to_string(),
               id_, outcome.domains.empty() ? "" : " by=" + shown(outcome.domains),
               outcome.reason.empty() ? "" : " reason=" + shown(outcome.reason));
  }
  return outcome.fields;
}

/// What this house puts in front of the letter, which these addresses of its own send on.
std::string Intake::prefix(const std::vector<std::string>& sent_on_by) const {
  return changes_.fields + results_ + judgement_ + visits_.fields(sent_on_by, envelope_.recipients.size() == 1) +
         received_field(session_, envelope_, id_, when_, submitter_ == nullptr ? std::nullopt : submitter_->uid) +
         signature_;
}

std::string Intake::sender_elsewhere(const std::vector<std::string>& sent_on_by) const {
  if (rules_.srs == nullptr || sent_on_by.empty() || sender_.empty() || house_.directory->is_local(sender_)) {
    return {};
  }
  std::string domain = queue::domain_of(sent_on_by.front());
  if (domain.empty()) {
    domain = house_.hostname;
  }
  return rules_.srs->rewrite(sender_, domain, std::chrono::floor<std::chrono::days>(when_)).value_or("");
}

std::optional<smtp::Reply> Intake::ask_milters() {
  if (milters_ == nullptr) {
    return std::nullopt;
  }
  changes_ = milters_->finish(session_);
  if (changes_.refusal) {
    return changes_.refusal;
  }
  if (changes_.sender) {
    sender_ = *changes_.sender;
  }
  junk_ = junk_ || changes_.quarantine;
  if (changes_.discard || !readdress(changes_)) {
    log().info("discarded peer={} id={} from={} recipients={}", session_.peer.to_string(), id_, sender_shown(sender_),
               envelope_.recipients.size());
    return smtp::Reply{250, "2.0.0", "Accepted as " + id_};
  }
  return std::nullopt;
}

/// Takes recipients out and adds some. False: nobody is left.
bool Intake::readdress(const MilterOutcome& outcome) {
  if (outcome.added.empty() && outcome.removed.empty()) {
    return true;
  }
  delivery::Destinations& now = readdressed_.emplace();
  const auto add = [&](const std::string& one, const delivery::Asked& asked) {
    using Status = store::Resolution::Status;
    const store::Resolution resolution = house_.directory->resolve(one);
    if (resolution.status == Status::ok) {
      now.add_local(resolution, one, asked);
    } else if (resolution.status == Status::no_such_domain && !queue::domain_of(one).empty()) {
      now.add_remote(one, {}, asked);
    } else {
      log_bounded(spdlog::level::warn, "no recipient", "peer={} id={} to={} cause=\"a milter added it\"",
                  session_.peer.to_string(), id_, shown(one));
    }
  };
  for (std::size_t i = 0; i < envelope_.recipients.size(); ++i) {
    const std::string& one = envelope_.recipients[i];
    if (std::ranges::none_of(outcome.removed, [&](const std::string& gone) { return iequals(one, gone); })) {
      add(one, asked_of(envelope_, i));
    }
  }
  for (const std::string& one : outcome.added) {
    add(one, {});
  }
  return !now.empty() || !now.lists().empty();
}

std::optional<smtp::Reply> Intake::rewrite(delivery::Letter& letter) {
  if (changes_.rewrites.empty()) {
    return std::nullopt;
  }
  if (!letter.body.in_memory() || header_.size() > longest_header) {
    const bool same = header_.size() <= longest_header && milter::replaced_body(changes_.rewrites) == nullptr &&
                      milter::apply_to_header(header_, changes_.rewrites) == header_;
    return same ? std::nullopt
                : milters_->fail(session_, changes_.rewriter, "the letter is too large to be changed: it is in a file");
  }
  std::string text = mime::with_crlf(milter::apply_to_message(letter.body.bytes(), changes_.rewrites));
  text += text.ends_with("\r\n") ? "" : "\r\n";
  store::BodyWriter anew = house_.store->new_body();
  anew.append(text);
  letter.body = anew.finish();
  letter.eight_bit = !is_ascii(text) || !is_ascii(changes_.fields);
  return std::nullopt;
}

smtp::Reply Intake::hand_over() {
  if (!scanner_.ended() && submitted() && scanner_.at_line_start()) {
    add_missing_fields();
  }
  signature_ = signature();
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(net::wall_now());
  store::StoredBody body = body_.finish();
  judge(body);
  delivery::Letter letter{.body = std::move(body),
                          .reverse_path = sender_,
                          .reverse_path_elsewhere = sender_elsewhere(to().forwarders()),
                          .smtputf8 = envelope_.smtputf8 && needs_utf8(),
                          .eight_bit = scanner_.eight_bit() || !is_ascii(changes_.fields),
                          .prefix = prefix(to().forwarders()),
                          .expires_at = now + rules_.expire,
                          .envid = envelope_.envid,
                          .ret = envelope_.ret,
                          .priority = envelope_.priority.value_or(0),
                          .require_tls = envelope_.require_tls};
  if (auto refusal = rewrite(letter)) {
    return *std::move(refusal);
  }
  if (!to().mailboxes().empty()) {
    letter.summary = summary_of(letter.body);
  }
  if ((to().has_filtered() && rules_.filters.enabled && rules_.shelf != nullptr) || !to().lists().empty()) {
    return hand_over_filtered(letter, now);
  }
  const delivery::Destinations to = junk_ ? into_junk(*house_.store, this->to()) : this->to();
  const std::optional<relay::Report> report = report_on(to, now);
  const store::MessageId message =
      !report ? delivery::deliver(*house_.store, letter, to, now) : house_.store->write([&](store::Write& write) {
        const store::MessageId stored = delivery::deliver(write, letter, to, now);
        delivery::deliver(write, report->letter, report->to, now);
        store::require_room(write, to.limited());
        return stored;
      });
  return accepted(message, to.mailboxes().size(), to.remote().size());
}

std::optional<relay::Report> Intake::report_on(const delivery::Destinations& to, queue::Moment now) {
  std::vector<relay::Notice> notices;
  for (const delivery::Arrival& arrival : to.arrivals()) {
    const queue::Claimed recipient{.reverse_path = sender_,
                                   .created_at = now,
                                   .recipient = arrival.address,
                                   .envid = envelope_.envid,
                                   .notify = mail::Notify(mail::Notify::success_bit),
                                   .orcpt = arrival.orcpt};
    const relay::Verdict verdict{.kind = relay::Verdict::Kind::delivered, .status = "2.1.5"};
    const auto action = arrival.expanded ? mime::DeliveryAction::expanded : mime::DeliveryAction::delivered;
    if (auto notice = relay::notice_of(recipient, verdict, action)) {
      notices.push_back(*std::move(notice));
    }
  }
  // Whose sender is perhaps forged is not answered by mail: anybody could have reports sent to anybody.
  const bool forged =
      screened_ && !(screened_->results.spf && screened_->results.spf->verdict == mailauth::Verdict::pass);
  if (notices.empty() || junk_ || forged) {
    return std::nullopt;
  }
  relay::Reporter reporter{.hostname = house_.hostname, .expires_at = now + rules_.expire};
  if (rules_.signing != nullptr) {
    reporter.sign = [this](std::string_view message) { return sign_or_log(*rules_.signing, message); };
  }
  return relay::make_report(*house_.store, reporter, notices, now, header_);
}

FilteredLetter Intake::how(const delivery::Letter& letter, queue::Moment now) const {
  return {
      .id = id_,
      .reverse_path = sender_,
      .peer_ip = session_.peer.ip(),
      .front = "Return-Path: <" + sender_ + ">\r\n" + letter.prefix,
      .trusted = stranger() && (rules_.screening.trusts(session_.peer) || !judgement_.empty()),
      .single = envelope_.recipients.size() == 1,
      .junk = junk_,
      .delivered_to = scanner_.delivered_to(),
      .was_sent_on =
          [this](const std::vector<std::string>& by) { return visits_.find(by, scanner_.delivered_to()) != nullptr; },
      .now = now,
      .expires_at = letter.expires_at};
}

/// As scripts of recipients decide, and to members of lists: all that comes of it is written in one transaction.
smtp::Reply Intake::hand_over_filtered(delivery::Letter& letter, queue::Moment now) {
  delivery::Destinations to = this->to();
  const FilteredLetter how = this->how(letter, now);
  std::optional<Filtering> filtering;
  if (to.has_filtered() && rules_.filters.enabled && rules_.shelf != nullptr) {
    filtering.emplace(house_, rules_.filters, *rules_.shelf, how, letter.body);
    filtering->decide(to);
    if (filtering->refusal()) {
      return {550, "5.7.1", *filtering->refusal()};
    }
  }
  ListPosts lists(house_, rules_, how);
  for (const std::string& list : this->to().lists()) {
    lists.add(list, letter, prefix({list}));
  }
  if (junk_) {
    to = into_junk(*house_.store, to);
  }
  std::vector<std::string> forwarders = to.forwarders();
  if (filtering) {
    forwarders.insert(forwarders.end(), filtering->redirectors().begin(), filtering->redirectors().end());
  }
  letter.prefix = prefix(forwarders);
  letter.reverse_path_elsewhere = sender_elsewhere(forwarders);
  letter.smtputf8 =
      letter.smtputf8 || std::ranges::any_of(to.remote(), [](const auto& one) { return !is_ascii(one.address); });
  const std::optional<relay::Report> report = report_on(to, now);
  const bool keeps = !to.empty() || (filtering && filtering->keeps_original());
  store::MessageId message = 0;  // of nobody
  if (keeps || (filtering && filtering->writes()) || !this->to().lists().empty() || report) {
    message = house_.store->write([&](store::Write& write) {
      const store::MessageId stored = keeps ? delivery::deliver(write, letter, to, now) : 0;
      if (filtering) {
        filtering->apply(write, letter, stored);
      }
      if (report) {
        delivery::deliver(write, report->letter, report->to, now);
      }
      store::require_room(write, to.limited());
      lists.apply(write);
      return stored;
    });
  }
  return accepted(message, to.mailboxes().size() + (filtering ? filtering->mailboxes() : 0) + lists.mailboxes(),
                  to.remote().size() + lists.queued());
}

smtp::Reply Intake::finish() {
  taking_in([&] { filter_.finish([this](std::string_view octets) { keep(octets); }); });
  if (own_sender_) {
    return {550, "5.7.1", "From: names an address of this house; its users log in to send"};
  }
  if (scanner_.received() >= rules_.hops) {
    return {554, "5.4.6", "Too many hops: the message goes round in a circle"};
  }
  if (const std::string* again = visits_.find(to().forwarders(), scanner_.delivered_to())) {
    return {554, "5.4.6",
            "<" + printable(*again) + "> has sent this message on before (Delivered-To): it goes round in a circle"};
  }
  try {
    if (std::optional<smtp::Reply> refusal = screen()) {
      return *std::move(refusal);
    }
    if (std::optional<smtp::Reply> reply = ask_milters()) {
      return *std::move(reply);
    }
    return hand_over();
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::err, "cannot deliver message", "peer={} id={} from={} error={}",
                session_.peer.to_string(), id_, sender_shown(envelope_.reverse_path), shown(error.what()));
    const auto* const trouble = dynamic_cast<const store::Error*>(&error);
    if (rules_.addresses.refuse_over_quota && trouble != nullptr && trouble->errc() == store::Errc::over_quota) {
      return {552, "5.2.2", "A recipient's mailbox is full"};
    }
    return reply_for(error);
  }
}

/// One line, and further ones where there are many recipients.
smtp::Reply Intake::accepted(store::MessageId message, std::size_t mailboxes, std::size_t queued) const {
  smtp::Reply reply{250, "2.0.0", "Accepted as " + id_};
  if (!log().should_log(spdlog::level::info)) {
    return reply;
  }
  const auto took = std::chrono::duration<double, std::milli>(net::now() - began_);
  const std::string message_id = added_message_id_.empty() ? scanner_.message_id() : added_message_id_;
  const std::size_t recipients = envelope_.recipients.size();
  log().info(
      "accepted peer={} id={} message={} message_id={} from={}{} recipients={} mailboxes={} queued={} size={}"
      "{}{} ms={:.1f}",
      session_.peer.to_string(), id_, message, shown(message_id), sender_shown(envelope_.reverse_path),
      recipient_fields(envelope_, 0), recipients, mailboxes, queued, body_.size(), user_field(session_),
      stranger() || !session_.user.empty() ? "" : " trusted=yes", took.count());
  for (std::size_t first = recipients_a_line; first < recipients; first += recipients_a_line) {
    log().info("accepted for more id={} message={}{}", id_, message, recipient_fields(envelope_, first));
  }
  return reply;
}

delivery::Asked asked_of(const smtp::Envelope& envelope, std::size_t index) {
  smtp::RecipientOptions options = envelope.options_of(index);
  return {.notify = options.notify, .orcpt = std::move(options.orcpt)};
}

smtp::Reply reply_for(const std::exception& error) {
  if (const auto* sql = dynamic_cast<const sql::Error*>(&error)) {
    if (sql->errc() == sql::Errc::full) {
      return {452, "4.3.1", "There is no space left; try again later"};
    }
    if (sql->errc() == sql::Errc::busy) {
      return {451, "4.3.2", "The mailboxes are locked; try again later"};
    }
  }
  if (const auto* store = dynamic_cast<const store::Error*>(&error)) {
    switch (store->errc()) {
      case store::Errc::body_file:
        return {452, "4.3.1", "The message cannot be stored; try again later"};
      case store::Errc::overloaded:
        return {451, "4.3.2", "The server is too busy; try again later"};
      case store::Errc::stopped:
        return {421, "4.3.2", "The server is going down; try again later"};
      case store::Errc::no_such_mailbox:
        return {451, "4.2.0", "A mailbox has just been removed; try again"};
      case store::Errc::over_quota:
        return {452, "4.2.2", "A recipient's mailbox is full; try again later"};
      case store::Errc::damaged:
        return {451, "4.3.0", "A mailbox is damaged; try again later"};
      default:
        break;
    }
  }
  return {451, "4.3.0", "The server has trouble; try again later"};
}

}  // namespace posthouse::server
