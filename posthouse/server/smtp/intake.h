#pragma once
// One message coming in over SMTP. Private to this module.
#include <memory>
#include <optional>
#include <string>

#include "posthouse/delivery/header_filter.h"
#include "posthouse/delivery/header_scanner.h"
#include "posthouse/relay/report.h"
#include "posthouse/server/authentication/screening.h"
#include "posthouse/server/authentication/signing_keys.h"
#include "posthouse/server/smtp/list_posts.h"
#include "posthouse/server/smtp/smtp_backend.h"
#include "posthouse/server/smtp/visits.h"

namespace posthouse::server {

/// Stores a message, puts the trace fields in front of it and hands it over. Fields that only this house may have set
/// are left out: Return-Path (RFC 5321 section 4.4), and from those who have not logged in Authentication-Results in
/// its name (RFC 8601 section 5). Of a message that a user submits, Bcc goes and what is missing is added. Nothing else
/// of a message changes by an octet. Of a stranger's message it is found out whether it is from whom it says, and told in
/// an Authentication-Results field (RFC 8601); what a user submits is signed (RFC 6376) as it will be sent.
class Intake final : public smtp::Data {
 public:
  /// `session`, `envelope` and `to` must stay as they are until finish(). `milters` are asked; null: none. `submitter`
  /// hands it in without log-in, as users do; null: a user who has logged in, or another server. Throws
  /// smtp::Error with the reply of one that refuses DATA.
  Intake(House& house, const IntakeRules& rules, const Visits& visits, const smtp::Session& session,
         const smtp::Envelope& envelope, const delivery::Destinations& to, SessionMilters* milters = nullptr,
         const Submitter* submitter = nullptr);

  void append(std::string_view chunk) override;
  smtp::Reply finish() override;

 private:
  template <class F>
  void taking_in(F&& take);
  void keep(std::string_view octets);
  void put(std::string_view octets);
  /// Whether it is not of another server.
  bool submitted() const noexcept { return session_.kind == smtp::Kind::submission || submitter_ != nullptr; }
  bool stranger() const noexcept { return session_.user.empty() && submitter_ == nullptr; }
  /// Whether the house answers by its signature for what `author` writes.
  bool may_sign_for(const mail::Address& author);
  bool unwanted(std::string_view name, std::string_view value);
  void add_missing_fields();
  bool needs_utf8() const;
  std::optional<smtp::Reply> screen();
  /// Finds out whether a stranger's letter is wanted.
  void judge(const store::StoredBody& body);
  /// Asks the milters about the whole letter; a reply when it is not delivered.
  std::optional<smtp::Reply> ask_milters();
  bool readdress(const MilterOutcome& outcome);
  /// Changes fields and body as the milters want it; a reply when that cannot be done.
  std::optional<smtp::Reply> rewrite(delivery::Letter& letter);
  /// Where it goes.
  const delivery::Destinations& to() const noexcept { return readdressed_ ? *readdressed_ : to_; }
  std::string signature();
  /// The sender that next hosts are told of what these addresses of ours send on; empty: the letter's own.
  std::string sender_elsewhere(const std::vector<std::string>& sent_on_by) const;
  std::string prefix(const std::vector<std::string>& sent_on_by) const;
  /// 250, or why a filter refuses it.
  smtp::Reply hand_over();
  smtp::Reply hand_over_filtered(delivery::Letter& letter, queue::Moment now);
  /// How it came, for the scripts of recipients.
  FilteredLetter how(const delivery::Letter& letter, queue::Moment now) const;
  /// What the sender is to be told of those of `to` that are here (RFC 3461); nothing when that is nothing.
  std::optional<relay::Report> report_on(const delivery::Destinations& to, queue::Moment now);
  smtp::Reply accepted(store::MessageId message, std::size_t mailboxes, std::size_t queued) const;

  House& house_;
  const IntakeRules& rules_;
  const Visits& visits_;
  const smtp::Session& session_;
  const smtp::Envelope& envelope_;
  const delivery::Destinations& to_;
  const std::chrono::system_clock::time_point when_;
  const std::chrono::steady_clock::time_point began_;
  const std::string id_;
  delivery::HeaderFilter filter_;
  bool has_from_ = false;
  bool own_sender_ = false;  // in From:, where that matters
  delivery::HeaderScanner scanner_;
  std::string added_message_id_;
  store::BodyWriter body_;
  std::unique_ptr<Screening> screening_;  // null where nothing is looked at
  std::unique_ptr<LetterSigner> signer_;  // null where nothing is signed
  std::optional<Screened> screened_;      // what `screening_` has found out
  std::string results_;                   // the Authentication-Results field
  std::string judgement_;                 // the X-Spam-Status field; empty: it was not judged
  std::string signature_;                 // the DKIM-Signature fields
  bool junk_ = false;
  SessionMilters* const milters_;
  const Submitter* const submitter_;
  std::string header_;  // for milters_ and reports, as long as it is not too long
  MilterOutcome changes_;
  std::string sender_;                                 // of the envelope, which milters may change
  std::optional<delivery::Destinations> readdressed_;  // by milters
};

/// What `envelope` asks to be told of recipient number `index`.
delivery::Asked asked_of(const smtp::Envelope& envelope, std::size_t index);

/// The reply for a failure of the store: 452 4.3.1 when there is no space, else 451 4.3.x; the client tries again.
smtp::Reply reply_for(const std::exception& error);

}  // namespace posthouse::server
