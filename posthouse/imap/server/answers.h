#pragma once
// Tagged answers that refuse. Private to this module.
#include <string>
#include <utility>

#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

inline response::Status bad(std::string text) {
  return {response::Condition::bad, {}, std::move(text)};
}

inline response::Status no(std::string code, std::string text) {
  return {response::Condition::no, ResponseCode::word(std::move(code)), std::move(text)};
}

}  // namespace posthouse::imap
