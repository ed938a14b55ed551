#include <algorithm>
#include <exception>
#include <utility>

#include "tests/support/transcript.h"
#include "tests/support/wire.h"

#include "posthouse/base/text.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"

namespace posthouse::test {
namespace {

using Step = Transcript::Step;
using Kind = Transcript::Kind;

// A step's text or a part of it, with its wildcards.
struct Pattern {
  std::string_view text;
  const std::vector<bool>* wildcard;
  std::size_t at;  // of text's beginning in the step

  bool star(std::size_t i) const { return (*wildcard)[at + i]; }
  Pattern part(std::size_t begin, std::size_t size) const { return {text.substr(begin, size), wildcard, at + begin}; }
};

// True when the pattern matches all of `octets`. A wildcard matches no CR and no LF.
bool matches(const Pattern& pattern, std::string_view octets) {
  std::size_t p = 0;
  std::size_t o = 0;
  std::size_t star = std::string_view::npos;  // the last wildcard met
  std::size_t star_end = 0;                   // where what it matches ends
  for (;;) {
    if (p < pattern.text.size() && pattern.star(p)) {
      star = p++;
      star_end = o;
    } else if (p < pattern.text.size() && o < octets.size() && pattern.text[p] == octets[o]) {
      ++p;
      ++o;
    } else if (p == pattern.text.size() && o == octets.size()) {
      return true;
    } else if (star != std::string_view::npos && star_end < octets.size() && octets[star_end] != '\r' &&
               octets[star_end] != '\n') {
      p = star + 1;
      o = ++star_end;
    } else {
      return false;
    }
  }
}

struct Mismatch {
  std::string what;
};

class Player {
 public:
  Player(const Transcript& transcript, Side under_test, net::Stream& stream, const ReplayOptions& options)
      : transcript_(transcript), under_test_(under_test), stream_(stream), options_(options) {}

  // Throws Mismatch, or net::Error where a read ended otherwise.
  void play() {
    for (const Step& step : transcript_.steps()) {
      now_ = &step;
      if (step.side != under_test_ && step.kind == Kind::octets) {
        turn_ += step.text;
        continue;
      }
      send_turn();
      act(step);
    }
    send_turn();
    if (!ended_) {
      stream_.shutdown_write();
    }
    now_ = nullptr;
    expect_end();
  }

  // What the step under way expects and what has come instead.
  std::string report(const std::string& why) const {
    std::string text = transcript_.name();
    if (now_ != nullptr) {
      text += ":" + std::to_string(now_->line);
    }
    text += ": " + why + "\n  expected: ";
    text += now_ == nullptr                 ? "nothing more"
            : now_->kind == Kind::tls       ? "a TLS handshake"
            : now_->kind == Kind::end       ? "the end of the stream"
            : now_->kind == Kind::any_lines ? "any lines"
            : now_->side == under_test_     ? '"' + printable(now_->text, 1000) + '"'
                                            : "that this can be sent: \"" + printable(now_->text, 1000) + '"';
    const std::string_view got = stream_.buffered();
    text += "\n  got:      " + (got.empty() ? "nothing" : '"' + printable(got, 1000) + '"');
    return text;
  }

 private:
  void send_turn() {
    if (turn_.empty()) {
      return;
    }
    stream_.write(std::exchange(turn_, {}));
  }

  void act(const Step& step) {
    switch (step.kind) {
      case Kind::tls:
        start_tls();
        break;
      case Kind::end:
        if (step.side == under_test_) {
          expect_end();
        } else {
          stream_.shutdown_write();
          ended_ = true;
        }
        break;
      case Kind::octets:
        expect({step.text, &step.wildcard, 0});
        break;
      case Kind::any_lines:
        if (step.side != under_test_) {
          throw Mismatch{"the played side cannot send \"any lines\""};
        }
        skip_lines(*(&step + 1));
        break;
    }
  }

  void start_tls() {
    if (options_.tls == nullptr) {
      throw Mismatch{"the transcript starts TLS, but ReplayOptions::tls is not set"};
    }
    if (!stream_.buffered().empty()) {
      throw Mismatch{"more came before TLS"};
    }
    if (under_test_ == Side::client) {
      stream_.start_tls_server(*options_.tls);
    } else {
      stream_.start_tls_client(*options_.tls, options_.tls_name);
    }
  }

  // Line by line, a last piece without LF as it stands.
  void expect(Pattern pattern) {
    std::size_t at = 0;
    while (at < pattern.text.size()) {
      const std::size_t end = pattern.text.find('\n', at);
      if (end == std::string_view::npos) {
        expect_octets(pattern.part(at, pattern.text.size() - at));
        return;
      }
      expect_line(pattern.part(at, end + 1 - at));
      at = end + 1;
    }
  }

  void expect_line(const Pattern& pattern) {
    const std::size_t size = line_size();
    if (size == 0 || !matches(pattern, stream_.buffered().substr(0, size))) {
      throw Mismatch{"mismatch"};
    }
    stream_.consume(size);
  }

  // The shortest beginning of what has come that matches.
  void expect_octets(const Pattern& pattern) {
    std::size_t size = 1;
    for (;; ++size) {
      if (size > stream_.buffered().size() && !stream_.fill()) {
        throw Mismatch{"the stream ended"};
      }
      const std::string_view octets = stream_.buffered().substr(0, size);
      if (matches(pattern, octets)) {
        break;
      }
      if (octets.back() == '\n' || size > 64 * 1024) {
        throw Mismatch{"mismatch"};
      }
    }
    stream_.consume(size);
  }

  void skip_lines(const Step& next) {
    const Pattern pattern{next.text, &next.wildcard, 0};
    const Pattern first = pattern.part(0, std::min(next.text.find('\n'), next.text.size() - 1) + 1);
    for (;;) {
      const std::size_t size = line_size();
      if (size == 0) {
        throw Mismatch{"the stream ended"};
      }
      if (matches(first, stream_.buffered().substr(0, size))) {
        return;
      }
      stream_.consume(size);
    }
  }

  // Octets of the next line with its LF; 0 when the stream ends before it is complete.
  std::size_t line_size() {
    for (;;) {
      const std::size_t end = stream_.buffered().find('\n');
      if (end != std::string_view::npos) {
        return end + 1;
      }
      if (!stream_.fill()) {
        return 0;
      }
    }
  }

  void expect_end() {
    try {
      if (stream_.buffered().empty() && !stream_.fill()) {
        return;
      }
    } catch (const net::Error& error) {
      if (error.errc() == net::Errc::closed) {
        return;  // TLS without close_notify
      }
      throw;
    }
    throw Mismatch{"more came than written"};
  }

  const Transcript& transcript_;
  const Side under_test_;
  net::Stream& stream_;
  const ReplayOptions& options_;
  const Step* now_ = nullptr;
  std::string turn_;  // what the played side says before the code must answer
  bool ended_ = false;
};

const char* feed_text(Feed feed) {
  return feed == Feed::whole ? "whole turns" : feed == Feed::by_line ? "line by line" : "byte by byte";
}

std::string play(Player& player, Wire& wire) {
  try {
    player.play();
    return {};
  } catch (const Mismatch& mismatch) {
    return player.report(mismatch.what);
  } catch (const posthouse::Error& error) {
    return player.report(wire.stalled() ? "the code waits for input instead" : error.what());
  }
}

}  // namespace

std::string replay(const Transcript& transcript, Side under_test, Feed feed, const Code& code,
                   const ReplayOptions& options) {
  const net::Deadline limit = net::Deadline::after(options.limit);
  const auto wire = std::make_shared<Wire>(feed, limit, options.patient);
  std::string thrown;
  net::Scope scope;
  scope.spawn([&] {
    try {
      net::Stream stream(Wire::code_end(wire));
      code(stream);
    } catch (const std::exception& error) {
      thrown = error.what();
    }
    wire->code_returned();
  });
  std::string result;
  {
    net::Stream stream(Wire::player_end(wire));
    Player player(transcript, under_test, stream, options);
    result = play(player, *wire);
    wire->break_off();
  }
  scope.join();
  if (!thrown.empty()) {
    if (result.empty()) {
      result = transcript.name() + ": the dialogue went as written, but then";
    }
    result += "\n  the code threw: " + printable(thrown, 1000);
  }
  return result;
}

::testing::AssertionResult replays(const Transcript& transcript, Side under_test, const Code& code,
                                   const ReplayOptions& options, const std::vector<Feed>& feeds) {
  for (const Feed feed : feeds) {
    const std::string result = replay(transcript, under_test, feed, code, options);
    if (!result.empty()) {
      return ::testing::AssertionFailure() << result << "\n  (played in " << feed_text(feed) << ")";
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace posthouse::test
