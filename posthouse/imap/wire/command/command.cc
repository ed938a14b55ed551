#include "posthouse/imap/wire/command/command.h"

#include <array>

namespace posthouse::imap {
namespace {

// In the order of command::Arguments.
constexpr std::array argument_names = {
    "CAPABILITY", "NOOP",         "LOGOUT",         "STARTTLS",     "NAMESPACE", "IDLE",      "CHECK",
    "CLOSE",      "UNSELECT",     "UNAUTHENTICATE", "AUTHENTICATE", "LOGIN",     "ENABLE",    "ID",
    "COMPRESS",   "SELECT",       "CREATE",         "DELETE",       "RENAME",    "SUBSCRIBE", "UNSUBSCRIBE",
    "LIST",       "STATUS",       "APPEND",         "EXPUNGE",      "SEARCH",    "SORT",      "THREAD",
    "ESEARCH",    "CANCELUPDATE", "FETCH",          "STORE",        "COPY",      "MOVE",      "UIDBATCHES",
    "GETACL",     "SETACL",       "DELETEACL",      "LISTRIGHTS",   "MYRIGHTS",  "GETQUOTA",  "GETQUOTAROOT",
    "SETQUOTA",   "GETMETADATA",  "SETMETADATA",    "NOTIFY"};
static_assert(argument_names.size() == std::variant_size_v<command::Arguments>);

}  // namespace

std::string Command::name() const {
  std::string name = argument_names[arguments.index()];
  if (const auto* select = std::get_if<command::Select>(&arguments); select != nullptr && select->read_only) {
    name = "EXAMINE";
  } else if (const auto* list = std::get_if<command::List>(&arguments); list != nullptr && list->lsub) {
    name = "LSUB";
  } else if (const auto* append = std::get_if<command::Append>(&arguments); append != nullptr && append->replaces) {
    name = "REPLACE";
  }
  return uid ? "UID " + name : name;
}

}  // namespace posthouse::imap
