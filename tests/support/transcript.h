#pragma once
// Recorded dialogues, played against a client or a server.
//
// A transcript is a text file. Each line is one step; C is the client, S the server:
//
//     # a comment; empty lines mean nothing either
//     S: 220 * ESMTP
//     C: EHLO client.test
//     S: 250-*
//     S...
//     S: 250 *
//     C| MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n
//     S: 250 *
//     C+TLS
//     C+END
//
//     C: text    one line, verbatim, CRLF put behind it.
//     C| text    octets with escapes, nothing put behind them: \r \n \t \0 \\ \* \xHH.
//     C...       any number of lines (also none) up to the next step of this side. Only for the side that is checked.
//     C+TLS      both sides start TLS here (S+TLS is the same).
//     C+END      this side sends nothing any more (end of its stream). Both sides do so at the end of the transcript.
//
// One side is the code under test, the other is played. What the code sends must match its steps one by one; there `*`
// stands for any octets but CR and LF, as few as do. After its last step it must send nothing more, and return.
//
// Every transcript is played three times, the octets reaching the code as whole turns (all that is sent before the code
// must answer, in one piece), line by line, and byte by byte. The player knows when the code waits for input that will
// never come, so a mismatch shows at once; the limit is for code that hangs elsewhere.
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::test {

enum class Side { client, server };
/// In which pieces octets reach the code under test.
enum class Feed { whole, by_line, by_byte };

/// A parsed transcript.
class Transcript {
 public:
  enum class Kind { octets, any_lines, tls, end };
  struct Step {
    Side side;
    Kind kind;
    std::string text;            ///< What is sent; for the checked side: what `*` is allowed in.
    std::vector<bool> wildcard;  ///< For each octet of `text`: it is a wildcard.
    int line;                    ///< Where it stands in the file, from 1.
  };

  /// Reads a transcript out of `text`; `name` is what messages call it. Throws posthouse::Error with the line that is
  /// wrong.
  static Transcript parse(std::string_view text, std::string name = "transcript");
  /// Reads a transcript file. Throws posthouse::Error when there is none.
  static Transcript load(const std::string& file);

  const std::string& name() const noexcept { return name_; }
  const std::vector<Step>& steps() const noexcept { return steps_; }

 private:
  std::string name_;
  std::vector<Step> steps_;
};

struct ReplayOptions {
  /// Longest time for one play; the code's I/O fails with Errc::timeout when it is over.
  net::Duration limit = std::chrono::seconds(20);
  /// Context of the played side, for C+TLS: a server context when the client is under test and the other way round.
  const net::TlsContext* tls = nullptr;
  /// The name a played client asks for in C+TLS.
  std::string tls_name = "localhost";
  /// The code may answer by itself while it waits for input (after a time-out of its own): go on waiting for it.
  bool patient = false;
};

/// The code under test: runs one session on the stream and returns. An exception that leaves it fails the play.
using Code = std::function<void(net::Stream&)>;

/// Plays `transcript` once against `code`, which is the given side. Empty when all went as written, else a message with
/// what was expected and what came. Works in a plain thread (the code runs in one of its own) and within net::run.
std::string replay(const Transcript& transcript, Side under_test, Feed feed, const Code& code,
                   const ReplayOptions& options = {});

/// Plays `transcript` in each of `feeds`.
///
///     EXPECT_TRUE(replays(Transcript::load(dir + "/login.txt"), Side::server,
///                         [&](net::Stream& stream) { pop3::serve_session(stream, options, backend); }));
::testing::AssertionResult replays(const Transcript& transcript, Side under_test, const Code& code,
                                   const ReplayOptions& options = {},
                                   const std::vector<Feed>& feeds = {Feed::whole, Feed::by_line, Feed::by_byte});

/// All transcripts (*.txt) below `directory`, in order of their names. Throws posthouse::Error when there is none.
std::vector<Transcript> load_all(const std::string& directory);

}  // namespace posthouse::test
