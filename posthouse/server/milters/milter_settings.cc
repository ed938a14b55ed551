#include "posthouse/server/milters/milter_settings.h"

#include <array>
#include <string>
#include <utility>

#include "posthouse/milter/error.h"
#include "posthouse/server/config/value.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

milter::Endpoint read_endpoint(const Value& value) {
  try {
    return milter::Endpoint::parse(value.text());
  } catch (const milter::Error& error) {
    value.refuse(error.what());
  }
}

void read_milter(Config& config, const Value& table) {
  MilterSettings::Filter filter;
  bool named = false;
  table.table(
      {{"socket",
        [&](const Value& v) {
          filter.endpoint = read_endpoint(v);
          named = true;
        }},
       {"on_failure",
        [&](const Value& v) {
          constexpr std::array order{milter::OnFailure::tempfail, milter::OnFailure::accept, milter::OnFailure::reject};
          filter.on_failure = order.at(v.choice({"tempfail", "accept", "reject"}));
        }},
       {"timeout", [&](const Value& v) { filter.timeout = v.duration(100ms, 10min); }},
       {"listeners", [&](const Value& kinds) {
          kinds.each([](const Value& v) {
            if (v.text() != "smtp") {
              v.refuse("milters are asked on listeners of the kind smtp only: what users submit is signed as it comes");
            }
          });
        }}});
  if (!named) {
    table.refuse("socket is wanted, such as \"inet:11332@localhost\" or \"unix:/run/opendkim/opendkim.sock\"");
  }
  config.services.of<MilterSettings>().filters.push_back(std::move(filter));
}

}  // namespace

std::vector<Setting> milter_settings() {
  return {{"", "milter", [](Config& config, const Value& tables) {
             tables.each([&](const Value& table) { read_milter(config, table); });
           }}};
}

}  // namespace posthouse::server
