#pragma once
// The files of a message, as people save them.
#include <functional>
#include <string>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// A file to be saved.
struct SavedFile {
  std::string name{};      ///< As the sender wrote it: never use it as a path unchecked. Empty where there is none.
  std::string fallback{};  ///< A name to use then: "part-2.bin".
  std::string type{};      ///< Media type.
  std::string content{};   ///< Its octets.
};

/// `file` with nothing unpacked.
SavedFile saved_as_it_is(const Part& file);

/// What `file` is saved as: itself, or what is in it where it is a winmail.dat (those of messages inside it too). The text
/// of a winmail.dat is among them when `with_text`; the texts of messages inside always are.
std::vector<SavedFile> saved_files(const Part& file, bool with_text = true);

/// Gives all of Message::attachments() to `take`, one after the other, each as saved_files() has it. The text of a
/// winmail.dat is left out where the message has a text of its own.
///
///     mime::for_each_file(message, [](const mime::SavedFile& file) {
///       mime::save_new_file(folder, mime::safe_filename(file.name, file.fallback), file.content);
///     });
void for_each_file(const Message& message, const std::function<void(const SavedFile&)>& take);

}  // namespace posthouse::mime
