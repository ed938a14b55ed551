#include "posthouse/imap/client/selected.h"

#include <algorithm>
#include <limits>
#include <variant>

namespace posthouse::imap {
namespace {

std::uint32_t fitting(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max()));
}

bool follow_code(Selected& mailbox, const ResponseCode& code) {
  if (code.is("READ-ONLY") || code.is("READ-WRITE")) {
    mailbox.read_only = code.is("READ-ONLY");
  } else if (code.is("UIDVALIDITY") && code.number()) {
    mailbox.uid_validity = fitting(*code.number());
  } else if (code.is("UIDNEXT") && code.number()) {
    mailbox.uid_next = std::max(mailbox.uid_next, fitting(*code.number()));
  } else if (code.is("HIGHESTMODSEQ") && code.number()) {
    mailbox.highest_modseq = std::max(mailbox.highest_modseq, *code.number());
  } else if (code.is("NOMODSEQ")) {
    mailbox.highest_modseq = 0;
  } else if (const auto* flags = std::get_if<Flags>(&code.value); flags != nullptr && code.is("PERMANENTFLAGS")) {
    mailbox.permanent_flags = *flags;
  } else if (const auto* id = std::get_if<std::vector<std::string>>(&code.value);
             id != nullptr && !id->empty() && code.is("MAILBOXID")) {
    mailbox.mailbox_id = id->front();
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool Selected::follow(const response::Data& data) {
  if (const auto* told = std::get_if<response::Exists>(&data)) {
    exists = told->count;
  } else if (const auto* told_recent = std::get_if<response::Recent>(&data)) {
    recent = told_recent->count;
  } else if (std::holds_alternative<response::Expunge>(data)) {
    exists -= exists > 0 ? 1 : 0;
  } else if (const auto* vanished = std::get_if<response::Vanished>(&data)) {
    if (!vanished->earlier) {
      exists -= fitting(std::min<std::uint64_t>(exists, vanished->uids.count()));
    }
  } else if (const auto* list = std::get_if<response::FlagList>(&data)) {
    flags = list->flags;
  } else if (const auto* fetch = std::get_if<response::Fetch>(&data)) {
    // A UID that was not yet given at SELECT.
    if (uid_next != 0 && fetch->uid && *fetch->uid >= uid_next &&
        *fetch->uid < std::numeric_limits<std::uint32_t>::max()) {
      uid_next = *fetch->uid + 1;
    }
  } else if (const auto* status = std::get_if<response::Status>(&data)) {
    return status->code && follow_code(*this, *status->code);
  } else {
    return false;
  }
  return true;
}

}  // namespace posthouse::imap
