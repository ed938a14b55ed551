#include "posthouse/server/addresses/address_settings.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"
#include "posthouse/store/accounts/accounts.h"

namespace posthouse::server {
namespace {

std::string read_separators(const Value& value) {
  std::string text = value.text();
  const bool good = std::ranges::all_of(
      text, [](char c) { return std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos; });
  if (!good) {
    value.refuse(
        "characters such as + and - are wanted, which may stand in an address and are neither letters nor digits");
  }
  return text;
}

std::string read_operator(const Value& value) {
  std::string text = value.text();
  const auto address = store::normalize_address(text);
  if (!text.empty() && !address) {
    value.refuse("an address is wanted, such as ann@example.org");
  }
  return address.value_or(text);
}

void read_addresses(Config& config, const Value& table) {
  AddressSettings& settings = config.services.of<AddressSettings>();
  table.table(
      {{"separator", [&](const Value& v) { settings.separators = read_separators(v); }},
       {"operator", [&](const Value& v) { settings.operator_address = read_operator(v); }},
       {"over_quota", [&](const Value& v) { settings.refuse_over_quota = v.choice({"tempfail", "reject"}) == 1; }},
       {"disabled", [&](const Value& v) { settings.defer_disabled = v.choice({"reject", "tempfail"}) == 1; }}});
}

Setting sending_limit(std::string_view key, std::optional<std::uint64_t> store::SendingLimits::* limit) {
  return {"limits", key, [limit](Config& config, const Value& v) {
            constexpr std::uint64_t most = 1'000'000'000;
            config.services.of<AddressSettings>().sending.*limit = v.whole(0, most);
          }};
}

}  // namespace

std::vector<Setting> address_settings() {
  using Limits = store::SendingLimits;
  return {{"", "addresses", read_addresses},
          sending_limit("sent_per_hour", &Limits::letters_an_hour),
          sending_limit("sent_per_day", &Limits::letters_a_day),
          sending_limit("recipients_per_hour", &Limits::recipients_an_hour),
          sending_limit("recipients_per_day", &Limits::recipients_a_day)};
}

}  // namespace posthouse::server
