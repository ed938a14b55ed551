#pragma once
// Which filters of others are asked: the tables [[milter]]. Private to this module.
#include <chrono>
#include <vector>

#include "posthouse/milter/client/endpoint.h"
#include "posthouse/milter/client/options.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

struct MilterSettings {
  struct Filter {
    milter::Endpoint endpoint{};
    milter::OnFailure on_failure = milter::OnFailure::tempfail;
    /// For connecting and for each step; for what is said at the end of a message ten times that, twenty times in all.
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
  };
  std::vector<Filter> filters{};  ///< In the order they are asked.
};

std::vector<Setting> milter_settings();

}  // namespace posthouse::server
