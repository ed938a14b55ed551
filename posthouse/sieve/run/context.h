#pragma once
// What a script is run with: everything it can learn beside the message.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/grammar/limits.h"
#include "posthouse/sieve/run/spam_rule.h"

namespace posthouse::sieve {

class Host;

/// The envelope (RFC 5228 section 5.4); what is not known matches nothing.
struct Envelope {
  std::optional<std::string> from{};  ///< An addr-spec; empty is the null reverse-path.
  std::vector<std::string> to{};      ///< addr-specs; mostly the one that this delivery is for.
  std::optional<std::string> auth{};  ///< MAIL FROM's AUTH parameter (RFC 4954).
};

/// The mailboxes of the account. The defaults know of none.
class Mailboxes {
 public:
  virtual ~Mailboxes() = default;
  /// There is one of that name, and mail can be put into it (RFC 5490 section 3.1). The name is UTF-8.
  virtual bool exists(std::string_view mailbox) const = 0;
  /// The mailbox, or any one where it is empty, has that special use (RFC 8579 section 3).
  virtual bool has_special_use(std::string_view mailbox, std::string_view use) const;
  /// An annotation's value (RFC 5490 section 3.2); nothing where there is none. An empty mailbox: the server's own.
  virtual std::optional<std::string> annotation(std::string_view mailbox, std::string_view name) const;
};

/// Who was answered when. What it is told to remember comes with Outcome, once the message is delivered.
class Answered {
 public:
  virtual ~Answered() = default;
  /// Somebody with that address was sent the answer called `handle` within the last `period`.
  virtual bool before(std::string_view handle, std::string_view address, std::chrono::seconds period) const = 0;
};

/// Which messages were seen (RFC 7352). What it is told to remember comes with Outcome, once the message is delivered.
class Seen {
 public:
  virtual ~Seen() = default;
  virtual bool before(std::string_view handle, std::string_view id) const = 0;
};

/// Lists that are kept elsewhere (RFC 6134), by their URIs.
class Lists {
 public:
  virtual ~Lists() = default;
  virtual bool knows(std::string_view list) const = 0;
  virtual bool contains(std::string_view list, std::string_view value) const = 0;
};

/// How answers are made (RFC 5230).
struct VacationSettings {
  std::chrono::seconds least_period{std::chrono::days(1)};
  std::chrono::seconds default_period{std::chrono::days(7)};
  std::chrono::seconds most_period{0};  ///< Zero: any.
  std::string subject_template = "Auto: %{subject}";
  std::string default_subject = "Automated reply";  ///< Where the message has none.
  bool check_recipient = true;  ///< Only mail that names the recipient is answered (RFC 5230 section 4.5).
  bool from_recipient = false;  ///< The envelope's sender is the recipient, not the null path.
  bool to_by_header = false;    ///< Answers go to whom the header names, for envelopes rewritten on their way (SRS).
};

/// Whose address is the envelope's sender of a notification (RFC 5436 section 2.7).
enum class NotifySender : std::uint8_t { automatic, sender, recipient, user };

/// Fields that a script may not add or delete (RFC 5293 section 7), case aside. Received and Auto-Submitted are never
/// deleted, Subject always may be.
struct ProtectedField {
  std::string name{};
  bool add = true;
  bool remove = true;
};

/// All that a script can learn. Interfaces that are missing know nothing; everything must live as long as the run.
struct Context {
  Envelope envelope{};
  /// Fields that a house puts in front of the message when it delivers it (Return-Path, Received, …), each with its line end:
  /// tests of the header see them before the message's own. They are no part of what "editheader" changes, nor of "size".
  std::string_view front{};
  /// The account's own addresses: an answer is sent to mail that names one of them, or the envelope's recipient.
  std::vector<std::string> own_addresses{};
  /// Items of "environment" (RFC 5183 section 4.1: "domain", "host", "location", "phase", "remote-ip", …; RFC 6785 section
  /// 4.2: "imap.user", "imap.cause", …), names in lower case. "name" is there by itself.
  std::map<std::string, std::string, std::less<>> environment{};
  std::vector<std::string> flags{};  ///< The message has these already (imapsieve, RFC 6785).
  std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::chrono::minutes local_offset{0};  ///< The local time zone, minutes east of UTC.
  std::string separators = "+";          ///< What may stand between user and detail of an address (RFC 5233).
  std::string inbox = "INBOX";           ///< The mailbox into which `keep` files.

  const Mailboxes* mailboxes = nullptr;
  const Answered* answered = nullptr;
  const Seen* seen = nullptr;
  const Lists* lists = nullptr;
  std::optional<SpamRule> spam{};   ///< Where the result of a spam filter stands (RFC 5235).
  std::optional<SpamRule> virus{};  ///< Likewise of a virus scanner.
  VacationSettings vacation{};
  NotifySender notify_sender = NotifySender::automatic;
  std::string postmaster = "postmaster@localhost";  ///< Sends what nobody else does.
  std::vector<ProtectedField> protected_fields{};
  Limits limits{};
  bool trace = false;    ///< Outcome::trace is kept.
  Host* host = nullptr;  ///< Does the commands of HostCommands.
};

}  // namespace posthouse::sieve
