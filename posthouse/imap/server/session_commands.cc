// How commands are run, and those of any state.
#include <algorithm>
#include <exception>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/capabilities.h"
#include "posthouse/imap/server/server_session.h"
#include "posthouse/imap/wire/command/command_text.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::imap {
namespace {

/// In which state a command may be said.
enum class When : std::uint8_t { any, not_logged_in, logged_in, selected };

/// What the client is told of the selected mailbox before a command is answered (RFC 9051 section 7.5.1).
enum class Tells : std::uint8_t {
  nothing,
  no_expunges,  ///< Unless its numbers are UIDs.
  all,
};

struct Rule {
  When when = When::logged_in;
  Tells tells = Tells::all;
  std::string_view capability{};  ///< It is unknown where that is switched off.
  bool numbered = false;          ///< It has sequence numbers in it, unless it is a UID command.
  bool searches = false;          ///< What has gone meanwhile is not found.
};

template <class Arguments>
constexpr Rule rule{};
template <>
constexpr Rule rule<command::Capability>{When::any};
template <>
constexpr Rule rule<command::Noop>{When::any};
template <>
constexpr Rule rule<command::Logout>{When::any, Tells::nothing};
template <>
constexpr Rule rule<command::Id>{When::any, Tells::all, "ID"};
template <>
constexpr Rule rule<command::StartTls>{When::not_logged_in, Tells::nothing};
template <>
constexpr Rule rule<command::Login>{When::not_logged_in, Tells::nothing};
template <>
constexpr Rule rule<command::Authenticate>{When::not_logged_in, Tells::nothing};
template <>
constexpr Rule rule<command::Unauthenticate>{When::logged_in, Tells::nothing, "UNAUTHENTICATE"};
template <>
constexpr Rule rule<command::Compress>{When::logged_in, Tells::nothing, "COMPRESS=DEFLATE"};
template <>
constexpr Rule rule<command::Enable>{When::logged_in, Tells::all, "ENABLE"};
template <>
constexpr Rule rule<command::Namespace>{When::logged_in, Tells::all, "NAMESPACE"};
template <>
constexpr Rule rule<command::Select>{When::logged_in, Tells::nothing};
template <>
constexpr Rule rule<command::Idle>{When::logged_in, Tells::all, "IDLE"};
template <>
constexpr Rule rule<command::Check>{When::selected};
template <>
constexpr Rule rule<command::Close>{When::selected, Tells::nothing};
template <>
constexpr Rule rule<command::Unselect>{When::selected, Tells::nothing, "UNSELECT"};
template <>
constexpr Rule rule<command::Expunge>{When::selected};
template <>
constexpr Rule rule<command::Fetch>{When::selected, Tells::no_expunges, {}, true};
template <>
constexpr Rule rule<command::Store>{When::selected, Tells::no_expunges, {}, true};
template <>
constexpr Rule rule<command::Search>{When::selected, Tells::no_expunges, {}, true, true};
template <>
constexpr Rule rule<command::Sort>{When::selected, Tells::no_expunges, "SORT", true, true};
template <>
constexpr Rule rule<command::Thread>{When::selected, Tells::no_expunges, {}, true, true};
template <>
constexpr Rule rule<command::Notify>{When::logged_in, Tells::all, "NOTIFY"};
template <>
constexpr Rule rule<command::GetQuota>{When::logged_in, Tells::all, "QUOTA"};
template <>
constexpr Rule rule<command::GetQuotaRoot>{When::logged_in, Tells::all, "QUOTA"};
template <>
constexpr Rule rule<command::SetQuota>{When::logged_in, Tells::all, "QUOTA"};
template <>
constexpr Rule rule<command::MyRights>{When::logged_in, Tells::all, "ACL"};
template <>
constexpr Rule rule<command::GetAcl>{When::logged_in, Tells::all, "ACL"};
template <>
constexpr Rule rule<command::ListRights>{When::logged_in, Tells::all, "ACL"};
template <>
constexpr Rule rule<command::SetAcl>{When::logged_in, Tells::all, "ACL"};
template <>
constexpr Rule rule<command::DeleteAcl>{When::logged_in, Tells::all, "ACL"};
template <>
constexpr Rule rule<command::GetMetadata>{When::logged_in, Tells::all, "METADATA"};
template <>
constexpr Rule rule<command::SetMetadata>{When::logged_in, Tells::all, "METADATA"};
template <>
constexpr Rule rule<command::MultiSearch>{When::logged_in, Tells::no_expunges, "MULTISEARCH"};
template <>
constexpr Rule rule<command::CancelUpdate>{When::selected, Tells::all, "CONTEXT=SEARCH"};
template <>
constexpr Rule rule<command::UidBatches>{When::selected, Tells::all, "UIDBATCHES"};
template <>
constexpr Rule rule<command::Copy>{When::selected, Tells::all, {}, true};
template <>
constexpr Rule rule<command::Move>{When::selected, Tells::all, "MOVE", true};

std::string_view first_value(const command::Id& id, std::string_view field) {
  for (const auto& [name, value] : id.fields) {
    if (iequals(name, field) && value) {
      return *value;
    }
  }
  return {};
}

}  // namespace

template <class Arguments>
ServerSession::Answer ServerSession::obey(Arguments& arguments) {
  constexpr Rule its = rule<Arguments>;
  if (!is_offered(its.capability)) {
    return bad("Unknown command");
  }
  if (its.when == When::not_logged_in && account_) {
    return bad("Somebody has logged in already");
  }
  if (its.when >= When::logged_in && !account_) {
    return bad("Log in first");
  }
  if (its.when == When::selected && !mailbox_) {
    return bad("No mailbox is selected");
  }
  if (its.numbered && !by_uid_ && enabled_.uid_only) {
    return uid_required();
  }
  if (const Answer unknown = log_in_holds()) {
    return unknown;
  }
  Answer answer = guarded([&] {
    if (its.when == When::selected) {
      look_up_rights();
    }
    return run(arguments);
  });
  if (its.tells != Tells::nothing && account_) {
    const Answer trouble = guarded([&]() -> Answer {
      if (mailbox_) {
        tell_changes(its.tells == Tells::all || by_uid_);
        if (its.searches && !held_.empty() && answer && answer->condition == response::Condition::ok && !answer->code) {
          answer->code = ResponseCode::word("EXPUNGEISSUED");  // what has gone was not found
        }
        hold_modseq(answer);
      }
      if (notifying_) {
        tell_account_changes();
      }
      return std::nullopt;
    });
    static_cast<void>(trouble);  // it is told with the next command
  }
  return answer;
}

void ServerSession::execute(Command command) {
  trace_command(command);
  tag_ = command.tag;
  by_uid_ = command.uid;
  ++summary_.commands;
  if (stopping() && !std::holds_alternative<command::Logout>(command.arguments)) {
    bye("Closing down, come again later", ResponseCode::word("UNAVAILABLE"));
    over(SessionEnd::stopped);
  }
  const Answer answer = std::visit([&](auto& arguments) { return obey(arguments); }, command.arguments);
  if (answer) {
    outlet_.tagged(tag_, *answer);
  }
  if (answer && answer->condition == response::Condition::bad) {
    count_error();
  } else {
    errors_ = 0;
  }
}

// Secrets are masked; a literal stands where it would be a string.
void ServerSession::trace_command(const Command& command) {
  if (!dialogue_.tracer().active()) {
    return;
  }
  Command shown = command;
  if (auto* login = std::get_if<command::Login>(&shown.arguments)) {
    login->password = "***";
  } else if (auto* authenticate = std::get_if<command::Authenticate>(&shown.arguments);
             authenticate != nullptr && authenticate->initial_response) {
    authenticate->initial_response = "***";
  }
  const std::string text = write_command(shown).octets;
  options_.trace(net::Speaker::client, printable(std::string_view(text).substr(0, text.find_last_not_of("\r\n") + 1)));
}

// An answer when the log-in cannot be checked. Ends the session of whoever may not use it any more.
ServerSession::Answer ServerSession::log_in_holds() {
  if (!account_) {
    return std::nullopt;
  }
  bool holds = false;
  try {
    holds = log_in_.holds(verifier_, options_.log_in_check);
  } catch (const std::exception& error) {
    note(error.what());
    return response::Status{response::Condition::no, ResponseCode::word("UNAVAILABLE"),
                            "This cannot be done now, try again later"};
  }
  if (!holds) {
    note("the log-in was revoked");
    bye("This log-in is good no more", ResponseCode::word("EXPIRED"));
    over(SessionEnd::refused);
  }
  return std::nullopt;
}

bool ServerSession::is_offered(std::string_view capability) const noexcept {
  return std::find(disabled_.begin(), disabled_.end(), capability) == disabled_.end();
}

// For whoever it is by now.
void ServerSession::choose_capabilities() {
  disabled_ = disabled_for(options_, session_.user, client_name_);
}

std::vector<std::string> ServerSession::capabilities_now() {
  CapabilityState state;
  state.logged_in = account_ != nullptr;
  state.message_limit = message_limit();
  state.compressed = compressed_;
  if (account_) {
    state.append_limit = account_->append_limit();
  } else {
    state.can_start_tls = options_.tls && !session_.tls && !compressed_;
    state.mechanisms = dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context());
    state.login_command = !state.mechanisms.empty() && sasl::takes_passwords(log_in_context());
  }
  return capabilities(disabled_, state);
}

ServerSession::Answer ServerSession::run(command::Capability&) {
  outlet_.untagged(response::Capability{capabilities_now()});
  return response::Status{.text = "That is what this server can do"};
}

ServerSession::Answer ServerSession::run(command::Noop&) {
  return response::Status{.text = "Nothing done"};
}

ServerSession::Answer ServerSession::run(command::Logout&) {
  outlet_.untagged(response::Status{response::Condition::bye, {}, "Bye"});
  outlet_.tagged(tag_, {.text = "Logged out"});
  outlet_.flush();
  over(SessionEnd::logged_out);
}

ServerSession::Answer ServerSession::run(command::Id& id) {
  const std::string_view name = first_value(id, "name");
  const std::string_view version = first_value(id, "version");
  summary_.client = printable(std::string(name) + (version.empty() ? "" : " ") + std::string(version), 100);
  client_name_ = std::string(name);
  session_.client_id = std::move(id.fields);
  backend_.changed(session_);
  choose_capabilities();
  outlet_.untagged(response::Id{{{"name", "Posthouse"}}});
  return response::Status{.text = "Nice to meet you"};
}

// RFC 4978. What is said after the answer is compressed, both ways; so nothing else may be said before.
ServerSession::Answer ServerSession::run(command::Compress& compress) {
  if (compress.algorithm != "DEFLATE") {
    return bad("That way of compressing is not known here");
  }
  if (compressed_) {
    return no("COMPRESSIONACTIVE", "Compression is on already");
  }
  outlet_.tagged(tag_, {.text = "Compressed from here on"});
  outlet_.flush();
  stream_.start_deflate();
  compressed_ = true;
  dialogue_.tracer().note("compressed from here on");
  return std::nullopt;
}

ServerSession::Answer ServerSession::run(command::Namespace&) {
  outlet_.untagged(response::Namespaces{.personal = {{"", "/"}}, .other_users = {{std::string(others_prefix), "/"}}});
  return response::Status{.text = "These are the namespaces"};
}

// From now on changes are told with their MODSEQ (RFC 7162 section 3.1).
void ServerSession::enable_condstore() {
  if (!std::exchange(enabled_.condstore, true) && mailbox_) {
    outlet_.untagged_ok(ResponseCode::number("HIGHESTMODSEQ", mailbox_->highest_modseq()), "Highest");
  }
}

ServerSession::Answer ServerSession::run(command::Enable& enable) {
  response::Enabled told;
  const auto take = [&](std::string_view name, std::string_view capability, bool& flag) {
    if (is_offered(capability) && !std::exchange(flag, true)) {
      told.names.emplace_back(name);
    }
  };
  bool condstore = enabled_.condstore;
  for (const std::string& name : enable.capabilities) {
    if (name == "CONDSTORE") {
      take(name, name, condstore);
    } else if (name == "QRESYNC") {
      take(name, name, enabled_.qresync);
    } else if (name == "UTF8=ACCEPT") {
      take(name, name, enabled_.utf8);
    } else if (name == "IMAP4REV2") {
      take("IMAP4rev2", name, enabled_.rev2);
    } else if (name == "UIDONLY") {
      take(name, name, enabled_.uid_only);
    }
  }
  outlet_.untagged(told);
  if (condstore || enabled_.qresync) {
    enable_condstore();
  }
  use_style();
  return response::Status{.text = "Enabled"};
}

// How names and strings are written from now on.
void ServerSession::use_style() {
  const bool utf8 = enabled_.utf8 || enabled_.rev2;
  outlet_.set_style({.names = utf8 ? NameStyle::utf8 : NameStyle::utf7,
                     .strings = utf8 ? StringStyle::utf8 : StringStyle::ascii,
                     .recent = !enabled_.rev2});
  reader_.set_names(utf8 ? NameStyle::utf8 : NameStyle::utf7);
}

}  // namespace posthouse::imap
