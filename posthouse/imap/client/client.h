#pragma once
// An IMAP client: RFC 9051 and RFC 3501, and of the extensions whatever makes a call quicker or safer where the server
// has it.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/imap/client/changes.h"
#include "posthouse/imap/client/client_options.h"
#include "posthouse/imap/client/criteria.h"
#include "posthouse/imap/client/error.h"
#include "posthouse/imap/client/messages.h"
#include "posthouse/imap/client/selected.h"
#include "posthouse/imap/wire/command/mailboxes.h"
#include "posthouse/imap/wire/command/search.h"
#include "posthouse/imap/wire/response/response.h"
#include "posthouse/net/address.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::imap {

class ClientSession;

/// One connection to an IMAP server. Move-only. Messages are named by UID everywhere.
///
///     auto imap = imap::Client::connect("imap.example.org");
///     imap.login("ann@example.org", password);
///     imap.select("INBOX");
///     for (const auto uid : imap.search(imap::unseen() && imap::from("bob"))) {
///       std::string message = imap.retrieve(uid);
///       imap.add_flags(uid, imap::SystemFlag::seen);
///     }
///     imap.logout();
///
/// Every method throws imap::Error when the server refuses or talks nonsense, and net::Error when the connection fails
/// or a timeout passes. After a refusal the session goes on; connection_usable() of the error tells. A call that is
/// canceled, or whose callback throws, closes the connection.
///
/// What the server tells besides answers is an Event: kept for events(), or told to ClientOptions::listener. selected()
/// follows it. Fibers of one loop may call the same client: they take turns, and a call ends the idle() of another
/// fiber. In plain threads, one at a time may use it. Callbacks must not call the client that calls them (Errc::usage).
///
/// A set of messages too long for one command is dealt with in several; what fails then has been done to those before.
class Client {
 public:
  /// Connects and reads the greeting; with Tls::starttls the connection is upgraded by STARTTLS before anything else.
  /// Port 0 means 993 for Tls::implicit and 143 else. Throws Errc::tls_unavailable when the server refuses STARTTLS or
  /// takes the client for logged in before it (PREAUTH), Errc::bye when it does not want to talk.
  static Client connect(const std::string& host, std::uint16_t port = 0, ClientOptions options = {});
  /// The same to an address, whose certificate is verified for `server_name`.
  static Client connect(const net::Address& address, const std::string& server_name, ClientOptions options = {});
  /// The same over a connection made elsewhere (a test's memory_pipe, a tunnel). `server_name` is the name the
  /// certificate is verified for.
  explicit Client(net::Stream stream, const std::string& server_name = {}, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  /// Closes the connection, without LOGOUT.
  ~Client();

  // The session.

  /// What the server said first.
  const response::Status& greeting() const noexcept;
  /// What the server can do ("IDLE", "AUTH=PLAIN"). Asked for once, and again after STARTTLS and log-in unless the server
  /// tells of itself.
  const std::vector<std::string>& capabilities();
  /// True when `name` ("IDLE") is among them, ASCII case aside.
  bool supports(std::string_view name);
  /// True when `name` was enabled (ClientOptions::enable).
  bool enabled(std::string_view name) const noexcept;
  /// What the server tells about itself (RFC 2971), and who this client is, unless that is empty. Throws
  /// Errc::unsupported where the server has no ID.
  response::Id id(const std::vector<std::pair<std::string, std::optional<std::string>>>& fields = {});

  /// Logs in: by AUTHENTICATE with the strongest mechanism that both sides know, else by LOGIN; by that also when the
  /// server refuses AUTHENTICATE without saying that name or password are wrong (RFC 5530). Then enables what
  /// ClientOptions::enable says. Throws Errc::insecure without TLS unless the options allow it, Errc::no_mechanism,
  /// Errc::auth_failed.
  void login(const std::string& user, const std::string& password);
  /// Logs in by the certificate that `tls_options` shows (SASL EXTERNAL, RFC 4422 appendix A), as `user` or, where that is
  /// empty, as whom the server takes it to be for. Throws Errc::no_mechanism when the server does not offer that (it
  /// may not have asked for a certificate, or know nobody by it), and Errc::auth_failed when it refuses.
  void login_external(const std::string& user = {});
  /// True after login(), and when the server took the client for logged in at once (PREAUTH).
  bool logged_in() const noexcept;
  /// Ends the session and closes the connection. Throws nothing but net::Error (Errc::canceled): what was done is done.
  void logout();
  /// Does nothing but give the server an opportunity to tell of changes.
  void noop();

  /// What the server has told besides answers, since the last call. Asks nothing: noop() and idle() do.
  std::vector<Event> events();
  /// True, once, when more came than is kept: look again at what was selected.
  bool events_lost() noexcept;
  /// Waits until there are events and returns them: by IDLE (RFC 2177), else by NOOP from time to time
  /// (ClientTimeouts). Empty when the deadline passed, when another fiber called this client, or interrupt().
  ///
  ///     scope.spawn([&] { for (;;) for (auto& event : client.idle()) show(event); });
  std::vector<Event> idle(net::Deadline deadline = {});
  /// From now on the server tells of `groups` alone, also of mailboxes that are not selected (NOTIFY, RFC 5465): by events
  /// (MailboxStatus, ListEntry, and what idle() tells of the selected one). With `status` it begins by telling how each of
  /// them is. When the server gives up, events_lost() is true and it has to be asked anew. Throws Errc::unsupported.
  ///
  ///     client.notify({{{imap::MailboxScope::personal}, {.message_new = true, .message_expunge = true}}});
  ///     for (auto& event : client.idle()) …
  void notify(std::vector<NotifyGroup> groups, bool status = false);
  /// The server tells of nothing but what it must (NOTIFY NONE). Throws Errc::unsupported.
  void notify_none();
  /// Ends the idle() under way, if any. From any fiber of the same loop.
  void interrupt() noexcept;

  // Mailboxes. Names are UTF-8, with the server's delimiter in them.

  /// The mailboxes whose names match `pattern`: "*" stands for anything, "%" for anything without a delimiter.
  std::vector<response::ListEntry> list(const std::string& pattern = "*", const ListOptions& options = {});
  /// The name of the mailbox that is for `use` ("\Trash", RFC 6154); nothing where the server tells of none.
  std::optional<std::string> mailbox_for(std::string_view use);
  /// Where mailboxes are (RFC 2342). Throws Errc::unsupported where the server has no NAMESPACE.
  response::Namespaces namespaces();
  /// Numbers of a mailbox, which need not be selected: messages, unseen, UIDNEXT and UIDVALIDITY, or those asked for.
  response::MailboxStatus status(const std::string& mailbox, std::vector<StatusItem> items = {});
  /// Makes a mailbox; with `use` ("\Sent") for that, where the server can make such (Errc::unsupported else).
  void create(const std::string& mailbox, const std::string& use = {});
  /// Renames it, and those below it.
  void rename(const std::string& from, const std::string& to);
  /// Removes it with its messages (DELETE).
  void remove(const std::string& mailbox);
  void subscribe(const std::string& mailbox);
  void unsubscribe(const std::string& mailbox);

  /// Opens a mailbox, and closes the one that was open. When it fails, none is open. The result is selected().
  const Selected& select(const std::string& mailbox);
  /// The same, to look only.
  const Selected& examine(const std::string& mailbox);
  /// The open mailbox as the server last told it; null when none is. Valid until the next call that opens or closes one.
  const Selected* selected() const noexcept;
  /// Closes the mailbox and removes nothing (UNSELECT; where the server has none, by EXAMINE and CLOSE).
  void unselect();
  /// Closes the mailbox and removes what is marked "\Deleted" (not after examine()).
  void close();

  // Messages of the selected mailbox. (Errc::usage when there is none.)

  /// The UIDs of the messages that match, in order. The set may name UIDs that no message has, where the server says so.
  NumberSet search(const Criteria& criteria);
  /// How many match.
  std::uint64_t count(const Criteria& criteria);
  /// The UIDs of those that match, sorted by the server (RFC 5256; Errc::unsupported where it cannot).
  std::vector<std::uint32_t> sort(const Criteria& criteria, const std::vector<SortCriterion>& by);

  /// What `request` asks for of each message, by UID; nothing of those that are not there.
  std::vector<response::Fetch> fetch(const NumberSet& uids, const FetchRequest& request);
  /// The same for one message. Throws Errc::no_message.
  response::Fetch fetch_one(std::uint32_t uid, const FetchRequest& request);
  /// The same, handed to `each` as it comes, nothing kept; a server may tell of a message in several pieces.
  void fetch(const NumberSet& uids, const FetchRequest& request,
             const std::function<void(response::Fetch& message)>& each);

  /// The message whole, as it is on the server. "\Seen" stays as it is. Throws Errc::no_message.
  std::string retrieve(std::uint32_t uid);
  /// Hands those of `uids` that are there to `each`, whole, in the server's order: 50 are asked for at a time, and the next
  /// ones before `each` is done with these, so that no time is lost between them. Once `each` returns false, no more are
  /// asked for, and what still comes is dropped. A message over ResponseLimits::literal is Errc::too_large.
  ///
  ///     client.retrieve_each(client.search(imap::unseen()), [&](std::uint32_t uid, std::string_view message) {
  ///       keep(uid, message);
  ///       return true;
  ///     });
  void retrieve_each(const NumberSet& uids,
                     const std::function<bool(std::uint32_t uid, std::string_view message)>& each);
  /// The same to `sink`, piece by piece, nothing kept.
  void retrieve(std::uint32_t uid, const std::function<void(std::string_view chunk)>& sink);
  /// A section of it: `{.part = {1, 2}}` for the body of part 1.2 (still encoded), `{.what = SectionText::header}`, …;
  /// with `piece`, those octets of it. A section that is not there is Errc::no_message, or, as the server says, empty.
  void retrieve(std::uint32_t uid, const Section& section, const std::function<void(std::string_view chunk)>& sink,
                const std::optional<Partial>& piece = {});
  /// The same, kept.
  std::string retrieve(std::uint32_t uid, const Section& section, const std::optional<Partial>& piece = {});

  /// Sets flags of messages, or takes them away; set_flags() leaves no others. Messages that are not there are passed
  /// over. With `unchanged_since`, messages that changed after it are left alone and returned (CONDSTORE, RFC 7162).
  NumberSet add_flags(const NumberSet& uids, const Flags& flags, std::optional<std::uint64_t> unchanged_since = {});
  NumberSet remove_flags(const NumberSet& uids, const Flags& flags, std::optional<std::uint64_t> unchanged_since = {});
  NumberSet set_flags(const NumberSet& uids, const Flags& flags, std::optional<std::uint64_t> unchanged_since = {});

  /// Copies messages. Error::response_code() is "TRYCREATE" when the mailbox is not there and may be made.
  Copied copy(const NumberSet& uids, const std::string& mailbox);
  /// Moves messages; where the server has no MOVE, by a copy, "\Deleted" and expunge(): the result tells.
  Moved move(const NumberSet& uids, const std::string& mailbox);
  /// Removes all messages that are marked "\Deleted".
  void expunge();
  /// Removes those of `uids` that are marked "\Deleted" (UIDPLUS, RFC 4315). Where the server has no UIDPLUS, all that
  /// are marked can be removed or none: when others are marked too, throws Errc::unsupported. (Ones that somebody else
  /// marks at that moment are not seen.)
  void expunge(const NumberSet& uids);

  /// Puts a message into a mailbox, which need not be selected. Lines end in CRLF. Errors as copy().
  Appended append(const std::string& mailbox, std::string_view message, const AppendOptions& options = {});
  /// The same for a message of `size` octets that `source` hands to `write` in pieces; nothing is kept. When it hands over
  /// another number of octets, or throws, the connection is closed in the middle and the server takes nothing.
  Appended append(const std::string& mailbox, std::uint64_t size,
                  const std::function<void(const std::function<void(std::string_view chunk)>& write)>& source,
                  const AppendOptions& options = {});

  /// Several messages, in their order; where they are, one for each. Where the server has MULTIAPPEND (RFC 3502) by one
  /// command, which adds all of them or none; else one after the other, and what fails leaves those before.
  ///
  ///     const imap::NewMessage messages[] = {{.text = one}, {.text = two, .options = {.flags = imap::SystemFlag::seen}}};
  ///     client.append("Archive", messages);
  std::vector<Appended> append(const std::string& mailbox, std::span<const NewMessage> messages);

  /// Selects `mailbox` and tells what became of it since `known`: by QRESYNC, else CONDSTORE, else by comparing. The
  /// first time `known` is empty, and every message new.
  ///
  ///     auto changes = client.changes_since("INBOX", state);
  ///     if (changes.anew) cache.clear();
  ///     for (auto uid : changes.vanished) cache.erase(uid);
  ///     for (auto& message : changes.messages) cache[message.uid] = message.flags;
  ///     state = std::move(changes.state);
  MailboxChanges changes_since(const std::string& mailbox, const MailboxState& known = {});

  /// True when what is said is compressed (ClientOptions::compress).
  bool compressed() const noexcept;
  /// True when the connection is encrypted.
  bool secure() const noexcept;
  /// The connection itself, e.g. to ask stream().tls().
  net::Stream& stream() noexcept;

 private:
  Client(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline);

  std::unique_ptr<ClientSession> session_;
  response::Status greeting_{};
};

}  // namespace posthouse::imap
