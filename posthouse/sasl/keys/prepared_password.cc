#include "posthouse/sasl/keys/prepared_password.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include "posthouse/sasl/error.h"

namespace posthouse::sasl {
namespace {

struct CloseProfile {
  void operator()(UStringPrepProfile* profile) const noexcept { usprep_close(profile); }
};

const UStringPrepProfile& saslprep() {
  static const auto profile = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<UStringPrepProfile, CloseProfile> opened(usprep_openByType(USPREP_RFC4013_SASLPREP, &error));
    if (U_FAILURE(error) != 0) {
      throw Error(Errc::crypto, "ICU has no SASLprep here");
    }
    return opened;
  }();
  return *profile;
}

}  // namespace

std::optional<std::string> prepare_password(std::string_view password) {
  constexpr std::size_t most = 4096;
  if (password.empty() || password.size() > most) {
    return std::nullopt;
  }
  if (std::all_of(password.begin(), password.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return std::string(password);
  }
  UErrorCode error = U_ZERO_ERROR;
  std::u16string typed(password.size(), u'\0');
  std::int32_t size = 0;
  u_strFromUTF8(typed.data(), static_cast<std::int32_t>(typed.size()), &size, password.data(),
                static_cast<std::int32_t>(password.size()), &error);
  if (U_FAILURE(error) != 0) {
    return std::nullopt;
  }
  typed.resize(static_cast<std::size_t>(size));
  std::u16string prepared(typed.size() * 18 + 1, u'\0');  // no character becomes longer (U+FDFA)
  size = usprep_prepare(&saslprep(), typed.data(), static_cast<std::int32_t>(typed.size()), prepared.data(),
                        static_cast<std::int32_t>(prepared.size()), USPREP_ALLOW_UNASSIGNED, nullptr, &error);
  if (U_FAILURE(error) != 0 || size == 0) {
    return std::nullopt;
  }
  std::string out(static_cast<std::size_t>(size) * 3, '\0');
  std::int32_t octets = 0;
  u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &octets, prepared.data(), size, &error);
  if (U_FAILURE(error) != 0) {
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(octets));
  return out;
}

}  // namespace posthouse::sasl
