#include "posthouse/server/judging/judge_settings.h"

#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"

namespace posthouse::server {

std::vector<Setting> judge_settings() {
  return {{"", "junk", [](Config& config, const Value& table) {
             auto& settings = config.services.of<JudgeSettings>();
             table.table({{"enabled", [&](const Value& v) { settings.enabled = v.boolean(); }},
                          {"required", [&](const Value& v) { settings.required = v.number(1, 100); }},
                          {"learn", [&](const Value& v) { settings.learn = v.boolean(); }}});
           }}};
}

}  // namespace posthouse::server
