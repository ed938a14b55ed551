#pragma once
// Filters at delivery: what the active scripts of a letter's recipients decide, and how that is written. Private to this module.
//
// The scripts run before the transaction that accepts the letter, since they may take long; what they have decided is
// written in it, all or nothing. Whatever goes wrong with a script or with what it wants, the letter comes to INBOX and the log
// says why: a filter never loses mail, and never keeps a letter from being accepted but by "reject".
//
// A script sees what this house puts in front of the letter, too: our Authentication-Results field, for one. What it does to the
// header (RFC 5293) is done to the letter's own, and makes a copy which only this recipient gets; "size" counts what was received.
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/server/filters/filter_settings.h"
#include "posthouse/server/filters/script_shelf.h"
#include "posthouse/server/house.h"
#include "posthouse/sieve/run/outcome.h"

namespace posthouse::server {

/// How a letter came.
struct FilteredLetter {
  std::string id{};            ///< For the log.
  std::string reverse_path{};  ///< Empty for the null sender.
  std::string peer_ip{};       ///< Whose connection it was.
  std::string front{};         ///< Fields that this house puts in front, Return-Path first.
  /// X-Spam-Status is believed: it is the house's own, or that of whoever sent it here. Anybody else may have written it to look
  /// harmless (RFC 5235 section 3).
  bool trusted = false;
  bool single = false;  ///< It has one recipient, who can be answered by the protocol.
  /// Its sender is perhaps forged: what no script decides goes to the mailbox with "\Junk", and nobody is answered by mail.
  bool junk = false;
  /// Delivered-To fields it bears: those it has been sent on by.
  std::vector<std::string> delivered_to{};
  /// Whether one of these addresses has sent it on before.
  std::function<bool(const std::vector<std::string>&)> was_sent_on{};
  queue::Moment now{};
  queue::Moment expires_at{};
};

/// The filters of one letter.
class Filtering {
 public:
  /// All of them outlive it.
  Filtering(House& house, const FilterSettings& settings, ScriptShelf& shelf, const FilteredLetter& letter,
            const store::StoredBody& body);

  /// Takes those with an active script out of `to`, runs the scripts, and adds whom they redirect to. A local recipient of a
  /// redirect has a script, too: it runs, and no account's twice. Parks. Throws what the store throws.
  void decide(delivery::Destinations& to);

  /// Accounts whose scripts send the letter on, as addresses.
  const std::vector<std::string>& redirectors() const noexcept { return redirectors_; }
  /// Why the letter is refused, where its only recipient wants that.
  const std::optional<std::string>& refusal() const noexcept { return refusal_; }
  /// Somebody keeps the letter as it came.
  bool keeps_original() const;
  /// Something is to be written.
  bool writes() const noexcept { return !plans_.empty(); }
  /// Mailboxes that the letter was put into by filters, once it was applied.
  std::size_t mailboxes() const noexcept { return mailboxes_; }

  /// Writes what was decided; `message` is `letter` as it was stored, 0 where nobody keeps the original. Throws what the store
  /// throws: then the letter is not accepted.
  void apply(store::Write& write, const delivery::Letter& letter, store::MessageId message);

 private:
  /// One recipient and what has led to it.
  struct Task {
    store::LocalRecipient recipient{};
    std::string address{};  ///< That was written to.
    int depth = 0;
  };
  /// The letter into a mailbox.
  struct Filing {
    std::string mailbox{};  ///< Empty: INBOX.
    std::string special_use{};
    bool create = false;
    std::vector<std::string> flags{};
    std::size_t edits = 0;  ///< Which copy: with so many changes to the header.
  };
  /// A message of our own: an answer, a notification, a refusal.
  struct Post {
    delivery::Letter letter{};
    delivery::Destinations to{};
    std::string mark{};  ///< Sent where this is not remembered; empty: always.
    store::Moment until{};
  };
  struct Plan {
    store::LocalRecipient recipient{};
    std::vector<Filing> filings{};
    std::vector<Post> posts{};
    std::vector<std::pair<std::string, store::Moment>> marks{};
    std::map<std::size_t, store::StoredBody> copies{};  ///< By edits.
  };
  /// What one script comes to, on its way to a plan.
  struct Decision {
    Plan plan{};
    bool keep = true;
    std::string trouble{};  ///< For the log.
  };

  sieve::Outcome run(const Task& task, const mime::Message& message, std::string& trouble);
  void plan_for(const Task& task, const mime::Message& message, delivery::Destinations& to);
  void act(Decision& decision, const Task& task, const sieve::Action& action, const mime::Message& message,
           delivery::Destinations& to);
  void refuse(Decision& decision, const Task& task, const sieve::Reject& reject, const mime::Message& message);
  void send(Decision& decision, const std::function<std::string()>& compose, const std::string& reverse_path,
            const std::vector<std::string>& whom, std::string mark, store::Moment until);
  bool redirect(const Task& task, const std::string& address, delivery::Destinations& to);
  std::optional<Post> post(const std::string& text, const std::string& reverse_path,
                           const std::vector<std::string>& recipients);
  void copy_edited(Plan& plan, const sieve::Outcome& outcome, const mime::Message& message, std::size_t edits);
  void tell(const store::LocalRecipient& recipient, const std::string& what) const;
  store::MailboxId mailbox_for(store::Write& write, const Plan& plan, const Filing& filing);
  void file(store::Write& write, const Plan& plan, const Filing& filing, store::MessageId message);

  House& house_;
  const FilterSettings& settings_;
  ScriptShelf& shelf_;
  const FilteredLetter& letter_;
  const store::StoredBody& body_;
  std::vector<Task> tasks_;
  std::vector<store::AccountId> known_;  ///< Accounts that have, or had, a task.
  std::vector<Plan> plans_;
  std::vector<std::string> redirectors_;
  std::optional<std::string> refusal_;
  std::size_t mailboxes_ = 0;
  bool alone_ = false;
};

}  // namespace posthouse::server
