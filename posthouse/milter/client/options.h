#pragma once
// How a filter is asked.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "posthouse/fiber/time.h"
#include "posthouse/milter/wire/protocol.h"

namespace posthouse::milter {

/// What stands for the answer of a filter that gives none: it cannot be reached, hangs, dies, or says what it may not.
enum class OnFailure : std::uint8_t {
  accept,    ///< Mail passes unfiltered.
  tempfail,  ///< The client comes again later.
  reject     ///< The client is refused for good.
};

/// How long a filter may take.
struct Timeouts {
  fiber::Duration connect = std::chrono::seconds(30);  ///< For the connection, and again for what is agreed on first.
  fiber::Duration command = std::chrono::seconds(30);  ///< For each step but the end.
  fiber::Duration end_of_message = std::chrono::minutes(5);  ///< For each thing it says at the end; progress renews it.
  fiber::Duration whole_end = std::chrono::minutes(10);  ///< For all it says at the end, whatever progress it makes.
};

/// How much a filter may say.
struct Limits {
  std::size_t packet = std::size_t{1} << 18;               ///< Octets of a packet.
  std::size_t modifications = 1000;                        ///< Of one message.
  std::size_t modification_octets = std::size_t{1} << 20;  ///< Their packets, but for those of a body.
  std::size_t body = std::size_t{16} << 20;  ///< Octets of a body that takes another's place; held in memory.
};

struct ClientOptions {
  OnFailure on_failure = OnFailure::tempfail;
  Timeouts timeouts{};
  Limits limits{};
  std::uint32_t version = newest_version;  ///< 2 to 6; the filter may know less.
  std::uint32_t actions = action::all;     ///< What a filter may ask to do; one that wants more has failed.
  std::uint32_t steps = step::all;         ///< How it may shorten the dialogue.
};

}  // namespace posthouse::milter
