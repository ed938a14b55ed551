#pragma once
// One IMAP session of a server: RFC 9051, RFC 3501 and their extensions. Private to this module.
//
//                  +-STARTTLS-+
//                  v          |    LOGIN, AUTHENTICATE             SELECT, EXAMINE
//     greeting --> NOT AUTHENTICATED --------------> AUTHENTICATED ---------------> SELECTED
//                  ^                                   |       ^                       |
//                  +---------- UNAUTHENTICATE ---------+       +--- CLOSE, UNSELECT ---+
//
// Invariants:
//  1. account_ is set exactly when somebody has logged in, mailbox_ only when account_ is; delivery_ while the messages of
//     an APPEND come.
//  2. A command is answered before the next one is run. What waits is sent before the session waits for input.
//  3. The client is told of changes by tell_changes() alone, and of expunges never while it may count by sequence numbers
//     (RFC 9051 section 7.5.1).
//  4. A response once begun is completed, or the session ends: a back end's failure must not look like the end of a body.
//  5. Nothing that came before TLS is used after it, and TLS never comes after compression; before the log-in nothing is held for a client but one command within
//     the limits of before_log_in().
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/dialogue/log_in.h"
#include "posthouse/dialogue/server_dialogue.h"
#include "posthouse/fiber/interruption.h"
#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/imap/server/append_delivery.h"
#include "posthouse/imap/server/fetch_answers.h"
#include "posthouse/imap/server/outlet.h"
#include "posthouse/imap/server/server.h"
#include "posthouse/imap/wire/command/command_reader.h"
#include "posthouse/imap/wire/item/message_url.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {

/// What the client has enabled (RFC 5161).
struct Enabled {
  bool condstore = false;  ///< RFC 7162 section 3.1.
  bool qresync = false;    ///< RFC 7162 section 3.2; with condstore.
  bool utf8 = false;       ///< RFC 6855.
  bool rev2 = false;       ///< RFC 9051.
  bool uid_only = false;   ///< RFC 9586.
};

class ServerSession {
 public:
  ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend);
  SessionSummary run();

 private:
  /// The tagged answer; nothing where it has been said.
  using Answer = std::optional<response::Status>;
  /// What is told of a message whose flags have changed.
  struct FlagsTold {
    bool uid = false;
    bool flags = true;
    bool modseq = false;
  };
  /// What NOTIFY has asked for, and what the client knows.
  struct Notifying {
    std::vector<NotifyGroup> groups{};
    std::set<std::string> names{};
    std::set<std::string> subscriptions{};
  };
  /// A search whose results are kept up to date (RFC 5267).
  struct Update {
    std::string tag{};
    bool uid = false;
    command::Search search{};
    NumberSet found{};  // UIDs
  };

  // Input and output (server.cc)
  void converse();
  void handle(CommandEvent event);
  void refuse_command();
  void count_error();
  void bye(std::string_view text, std::optional<ResponseCode> code = {});
  net::Deadline patience();
  void wait_for_input();
  void fill();
  [[noreturn]] void input_failed(const net::Error& error);
  void rest() noexcept;
  dialogue::Line read_answer(std::size_t limit);
  CommandStep read_until_news();
  bool wait_for_input_or_news();
  void forget_log_in();
  void note(std::string_view trouble);
  bool stopping() const { return options_.stopping && options_.stopping->load(std::memory_order_relaxed); }
  [[noreturn]] void over(SessionEnd end) const { throw SessionOver{end}; }

  // Running commands, and those of any state (session_commands.cc)
  void execute(Command command);
  void trace_command(const Command& command);
  template <class Arguments>
  Answer obey(Arguments& arguments);
  template <class Run>
  Answer guarded(Run&& run);
  Answer log_in_holds();
  bool is_offered(std::string_view capability) const noexcept;
  void choose_capabilities();
  std::vector<std::string> capabilities_now();
  void enable_condstore();
  void use_style();
  Answer run(command::Capability&);
  Answer run(command::Noop&);
  Answer run(command::Logout&);
  Answer run(command::Id& id);
  Answer run(command::Enable& enable);
  Answer run(command::Compress& compress);
  Answer run(command::Namespace&);

  // NOT AUTHENTICATED (session_log_in.cc)
  dialogue::LogInState log_in_state() const noexcept;
  const sasl::Context& log_in_context();
  Answer may_log_in() const;
  response::Status judge(const sasl::Verdict& verdict, std::string mechanism);
  response::Status log_in_failed(std::string code, std::string text);
  void start_tls();
  Answer run(command::StartTls&);
  Answer run(command::Login& login);
  Answer run(command::Authenticate& authenticate);
  Answer run(command::Unauthenticate&);

  // Mailboxes by name (session_mailboxes.cc)
  static std::string mailbox_name(const MailboxName& mailbox);
  static bool is_meant(std::string_view name, const MailboxFilter& filter);
  std::vector<std::string> mailboxes_meant(const std::vector<MailboxFilter>& filters);
  response::MailboxStatus status_of(std::string_view mailbox, const MailboxNumbers& numbers,
                                    const std::vector<StatusItem>& items);
  Answer run(command::Create& create);
  Answer run(command::Delete& remove);
  Answer run(command::Rename& rename);
  Answer run(command::Subscribe& subscribe);
  Answer run(command::Unsubscribe& unsubscribe);
  Answer run(command::Status& status);
  Answer run(command::List& list);

  // What a user may do (session_rights.cc), and what is written down (session_metadata.cc)
  response::Metadata metadata_of(const std::string& mailbox, const std::vector<std::string>& asked, std::uint8_t depth);
  Answer run(command::GetQuota& get);
  Answer run(command::GetQuotaRoot& get);
  Answer run(command::SetQuota& set);
  Answer run(command::MyRights& get);
  Answer run(command::GetAcl& get);
  Answer run(command::ListRights& list);
  Answer run(command::SetAcl& set);
  Answer run(command::DeleteAcl& remove);
  void tell_listed_metadata(const std::string& mailbox, const std::vector<std::string>& entries);
  Answer run(command::GetMetadata& get);
  Answer run(command::SetMetadata& set);

  // APPEND and REPLACE (session_append.cc)
  void append_part();
  void append_octets(std::string_view octets);
  void refuse_append(const response::Status& answer);
  Answer begin_part(const AppendPart& part);
  Answer begin_append(const command::Append& append);
  Answer append_url(const std::string& text);
  bool append_slice(OpenMailbox& from, const MessageUrl& url, const Slice& slice);
  Answer run(command::Append& append);

  // The selected mailbox (session_select.cc, session_updates.cc)
  void deselect() noexcept;
  [[noreturn]] void lose_mailbox();
  void look_up_rights();
  void describe_mailbox();
  void describe_flags();
  std::uint32_t recent_count();
  void resynchronize(const command::Resync& resync);
  void tell_changes(bool expunges, const NumberSet& silent = {});
  void tell_expunged(const std::vector<ViewChanges::Gone>& expunged);
  void tell_flags(const NumberSet& uids, FlagsTold told);
  FlagsTold flags_told() const noexcept;
  void hold_modseq(Answer& answer);
  Answer run(command::Select& select);
  Answer run(command::Check&);
  Answer run(command::Close&);
  Answer run(command::Unselect&);
  Answer run(command::Idle&);

  // At most so many messages a command (session_limit.cc)
  /// The lowest UID that was taken, where not all could be.
  using Cut = std::optional<std::uint32_t>;
  std::uint64_t message_limit() const noexcept;
  Cut cut_to_limit(NumberSet& uids);
  Cut cut_to_limit(command::Search& search);
  response::Status with_cut(response::Status done, Cut cut);
  static response::Status too_many_messages(std::uint64_t limit);

  // Messages (session_fetch.cc, session_store.cc)
  std::optional<NumberSet> uids_meant(const SequenceSet& set);
  static response::Status no_such_message();
  static response::Status uid_required();
  NumberSet mark_seen(const NumberSet& uids);
  response::Status send_messages(const NumberSet& uids, const std::vector<FetchItem>& items, FetchExtras extras);
  void tell_vanished(const SequenceSet& set, std::uint64_t modseq);
  response::Status carry(const SequenceSet& set, const MailboxName& to, bool move);
  static response::Status no_such_target(const MailError& error, const MailboxName& target);
  Answer run(command::Fetch& fetch);
  Answer run(command::Store& store);
  Answer run(command::Expunge& expunge);
  Answer run(command::Copy& copy);
  Answer run(command::Move& move);

  // Searches (session_search.cc)
  SearchProgress progress();
  SearchResult find(OpenMailbox& mailbox, const command::Search& search);
  SearchResult find_and_save(const command::Search& search);
  bool breaks_uid_only(const command::Search& search) const;
  void list_found(std::string_view name, const NumberSet& numbers, std::optional<std::uint64_t> modseq);
  void tell_found(const SearchReturn& want, const SearchResult& found, const NumberSet& numbers);
  void begin_update(command::Search search, NumberSet found);
  void tell_update(const Update& update, bool add, const NumberSet& numbers);
  void update_expunged(const std::vector<ViewChanges::Gone>& expunged);
  void update_changed(const NumberSet& uids);
  Answer run(command::Search& search);
  Answer run(command::Sort& sort);
  Answer run(command::Thread& thread);
  Answer run(command::MultiSearch& search);
  Answer run(command::CancelUpdate& cancel);
  Answer run(command::UidBatches& batches);

  // NOTIFY (session_notify.cc)
  void end_notifying() noexcept;
  std::optional<MailboxScope> notified_of_selected() const noexcept;
  void watch_mailbox(bool idling);
  const NotifyEvents* events_of(const std::string& name) const;
  void tell_statuses(const std::vector<std::string>& names);
  void tell_account_changes();
  void tell_names(const std::vector<std::string>& names, bool NotifyEvents::* event);
  void tell_new_messages(const NumberSet& uids);
  void tell_news();
  Answer run(command::Notify& notify);

  net::Stream& stream_;
  const ServerOptions& options_;
  Backend& backend_;
  sasl::Verifier& verifier_;
  dialogue::ServerDialogue dialogue_;
  Outlet outlet_;
  CommandReader reader_;
  dialogue::FailedLogIns failed_log_ins_;
  std::optional<sasl::Context> log_in_context_;  // made when it is needed, anew under TLS
  Session session_;
  std::string client_name_{};            // what it calls itself
  std::vector<std::string> disabled_{};  // capabilities, in upper case
  SessionSummary summary_;
  net::Deadline login_deadline_;
  dialogue::HeldLogIn log_in_;
  std::size_t errors_ = 0;  // in a row
  Enabled enabled_;
  net::Interruption news_;  // of the mailboxes that are watched
  std::unique_ptr<MailAccount> account_;
  std::unique_ptr<OpenMailbox> mailbox_;
  mail::Rights rights_{};          // to mailbox_, as the command that is being run found them
  NumberSet held_;                 // UIDs of messages that have gone, which has not been told
  std::uint64_t told_modseq_ = 0;  // all that has happened up to it has been told
  std::uint32_t recent_told_ = 0;  // messages with "\Recent", RFC 3501
  NumberSet saved_;                // UIDs, of SEARCH RETURN (SAVE)
  std::vector<Update> updates_;
  std::unique_ptr<Notifying> notifying_;
  std::unique_ptr<AppendDelivery> delivery_;
  std::string tag_;               // of the command that is being run
  bool compressed_ = false;       // the stream is
  bool by_uid_ = false;           // it is a UID command
  bool between_commands_ = true;  // nothing of the next one has come
  net::Deadline patience_{};      // until when the next command must have come; never: the wait has not begun
};

// What the back end throws becomes the answer, unless a part of another response is already on its way.
template <class Run>
ServerSession::Answer ServerSession::guarded(Run&& run) {
  Answer answer;
  try {
    return run();
  } catch (const MailError& error) {
    answer = response::Status{response::Condition::no, ResponseCode::word(error.response_code()), error.what()};
  } catch (const std::exception& error) {
    note(error.what());
    answer = response::Status{response::Condition::no, ResponseCode::word("UNAVAILABLE"),
                              "This cannot be done now, try again later"};
  }
  if (!outlet_.take_back()) {
    over(SessionEnd::failed);
  }
  return answer;
}

}  // namespace posthouse::imap
