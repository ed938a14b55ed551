#pragma once
// A message, changed without being written anew.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// Changes fields and parts of a message and leaves every other octet as it is: spelling, folding, order and faults of
/// the other fields, the other bodies, boundaries, a first mbox line. What is not changed comes back byte for byte, so
/// that signatures over it stay valid.
///
///     mime::MessageEditor editor(bytes);
///     editor.set("Subject", "[list] " + subject).remove("Return-Path").prepend("X-Checked", "yes");
///     editor.remove_part("2").attach("note.txt", "An attachment was removed here.\n");
///     const std::string changed = editor.str();
///
/// Values are what a person would write, in UTF-8: they are encoded and folded as the field asks (addresses in From,
/// To, …, message ids in References, …, text elsewhere). What is new gets the line ends the message has. Linear time;
/// nothing recurses.
///
/// Every function that writes throws Error where it is given what cannot be written: Errc::header_injection (CR, LF or
/// NUL in a value), Errc::charset (not UTF-8), Errc::address (no valid address), Errc::header (no field name, no message
/// id, letters outside ASCII in a Content-* field, no media type), Errc::part (no such part, or none that this can be
/// done to). The message is then unchanged.
class MessageEditor {
 public:
  /// Takes a message of any quality.
  explicit MessageEditor(std::string bytes);

  /// Gives the first field of that name (case aside) this value, in its place, and removes the others of that name. A
  /// field that is not there yet is added below all others.
  MessageEditor& set(std::string_view name, std::string_view value);
  /// Adds a field above all others, as trace fields are (RFC 5322 section 3.6.7).
  MessageEditor& prepend(std::string_view name, std::string_view value);
  /// Adds a field below all others.
  MessageEditor& append(std::string_view name, std::string_view value);
  /// Adds a field above all others that is written already: "Name: value", folds inside, with or without the last line
  /// end. For signatures, whose folding is signed too. Throws Errc::header_injection unless `field` is exactly one field.
  MessageEditor& prepend_raw(std::string_view field);
  /// Removes every field of that name.
  MessageEditor& remove(std::string_view name);

  /// Makes `utf8` the text of the text/* part at `path` (as Part::path() has it: "" is the message itself), with line
  /// ends as MessageBuilder::text() has them. Transfer encoding and charset stay where they can carry the new text, else
  /// others are chosen; format=flowed goes (RFC 3676), other parameters stay.
  MessageEditor& replace_text(std::string_view path, std::string_view utf8);
  /// Makes `octets` the content of the part at `path`, which is neither a multipart nor a message. The part's media type
  /// and name stay. It is base64 afterwards, unless it was not encoded before and the new octets need no encoding either.
  MessageEditor& replace_content(std::string_view path, std::string_view octets);
  /// Removes the part at `path` from the multipart it is in, with the boundary before it. The only part of a multipart
  /// cannot be removed (RFC 2046 section 5.1.1).
  MessageEditor& remove_part(std::string_view path);
  /// Adds a file as MessageBuilder::attach() does, behind the last part of a multipart/mixed. A message of another type
  /// becomes a multipart/mixed, whose first part is the old content, octet by octet.
  MessageEditor& attach(std::string_view name, std::string bytes, std::string_view type = {});

  /// How many fields of that name there are.
  std::size_t count(std::string_view name) const noexcept;
  /// The message as it is now.
  std::string str() const;

 private:
  // Invariant: the pieces in order, then the tail, are the message. A piece is one field with its line end, or (without
  // a name) what stands between fields and is none.
  struct Piece {
    std::string name;
    std::string bytes;
  };
  std::string written(std::string_view name, std::string_view value) const;
  std::string with_own_line_ends(std::string_view field) const;
  void insert(std::size_t at, std::string name, std::string field);
  std::size_t top() const noexcept;
  std::size_t bottom() const noexcept;
  // `field` is written already. These three throw nothing, unless memory is short.
  void put(std::string_view name, std::string field);
  void set_body(std::string_view old_body, std::string_view body);
  void wrap(const std::string& boundary, bool eight_bit);

  template <class Change>
  MessageEditor& change_part(std::string_view path, const Change& change);

  std::vector<Piece> pieces_{};
  std::string tail_;  // the empty line and the body
  std::string_view line_end_ = "\r\n";
  bool bare_body_ = false;  // nothing but a body: an empty line goes before it once there is a field
};

}  // namespace posthouse::mime
