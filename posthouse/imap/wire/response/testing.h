#pragma once
// What a response reader makes of a server's octets.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/imap/wire/response/response_reader.h"
#include "posthouse/imap/wire/response/response_writer.h"

namespace posthouse::imap {

/// All that one reader hands out.
struct ResponsePlay {
  std::vector<Response> responses{};
  std::vector<std::string> streamed{};  ///< Octets of each body that was streamed.
  bool failed = false;
  std::string left{};  ///< Of the input, when it ended.
  friend bool operator==(const ResponsePlay&, const ResponsePlay&) = default;
};

/// Feeds `server` in pieces of `piece` octets; 0: whole, npos: by line.
inline ResponsePlay play_responses_in(std::string_view server, std::size_t piece, bool stream,
                                      const ResponseLimits& limits = {}, NameStyle names = NameStyle::utf7) {
  ResponsePlay play;
  ResponseReader reader(limits);
  reader.stream_bodies(stream);
  reader.set_names(names);
  std::string buffer;
  while (!server.empty()) {
    std::size_t size = piece == 0 ? server.size() : piece;
    if (piece == std::string_view::npos) {
      const std::size_t lf = server.find('\n');
      size = lf == std::string_view::npos ? server.size() : lf + 1;
    }
    buffer += server.substr(0, size);
    server.remove_prefix(std::min(size, server.size()));
    for (;;) {
      const ResponseStep step = reader.read(buffer);
      if (step.event == ResponseEvent::response) {
        play.responses.push_back(reader.response());
      } else if (step.event == ResponseEvent::body) {
        play.streamed.emplace_back();
      } else if (step.event == ResponseEvent::octets) {
        play.streamed.back() += step.octets;
      } else if (step.event == ResponseEvent::failed) {
        play.failed = true;
      }
      buffer.erase(0, step.size);
      if (step.event == ResponseEvent::more) {
        break;
      }
    }
  }
  play.left = buffer;
  return play;
}

/// The same, checked to be the same however the octets are cut.
inline ResponsePlay play_responses(std::string_view server, bool stream = false, const ResponseLimits& limits = {},
                                   NameStyle names = NameStyle::utf7) {
  ResponsePlay whole = play_responses_in(server, 0, stream, limits, names);
  EXPECT_EQ(play_responses_in(server, std::string_view::npos, stream, limits, names), whole);
  if (server.size() < 100'000) {
    EXPECT_EQ(play_responses_in(server, 1, stream, limits, names), whole);
  }
  EXPECT_TRUE(whole.left.empty());
  return whole;
}

/// The one response in `line`, which gets a line end.
inline Response read_response(std::string_view line, NameStyle names = NameStyle::utf7) {
  ResponsePlay play = play_responses(std::string(line) + "\r\n", false, {}, names);
  EXPECT_EQ(play.responses.size(), 1U) << line;
  return play.responses.empty() ? Response() : play.responses.front();
}

/// As a server writes it.
inline std::string written(const Response& response, const ResponseStyle& style = {}) {
  std::string out;
  ResponseWriter writer(out, style);
  if (response.kind == ResponseKind::untagged) {
    writer.untagged(response.data);
  } else if (response.kind == ResponseKind::tagged) {
    writer.tagged(response.tag, std::get<response::Status>(response.data));
  } else {
    writer.proceed(std::get<response::Status>(response.data).text);
  }
  return out;
}

}  // namespace posthouse::imap
