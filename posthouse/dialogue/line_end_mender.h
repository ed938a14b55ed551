#pragma once
// Line ends of a text that comes in pieces, made CRLF (RFC 5321 section 2.3.8). For what a peer is trusted with who cannot
// write them: printers and scripts that hand in their own mail.
//
// Rules:
//  1. A bare LF becomes CRLF. A dot at the beginning of the line behind it is dropped, as behind a CRLF: the sender took
//     the LF for a line end and doubled the dot.
//  2. A bare CR becomes CRLF, unless another CR or a CRLF follows: then it goes ("CR CR LF" is one line end).
#include <string>
#include <string_view>

namespace posthouse::dialogue {

class LineEndMender {
 public:
  /// What the next piece becomes: `piece` itself where nothing has to change. Valid until the next call, and as long as
  /// `piece`. A CR at its end waits for the next piece.
  std::string_view mend(std::string_view piece);
  /// What still waits.
  std::string_view finish();

 private:
  bool is_fine(std::string_view piece) const noexcept;
  void add(char c);

  std::string mended_;
  bool cr_ = false;        // a CR waits
  bool after_lf_ = false;  // the last line ended in a bare LF
};

}  // namespace posthouse::dialogue
