#pragma once
// What about a message looks like unwanted mail, or like mail of people who can be known.
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "posthouse/mailauth/verify.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::judge {

/// One thing that was noticed.
struct Sign {
  std::string name{};    ///< "LINK_OTHER_HOST": for fields, logs and rules; of capitals, digits and "_".
  double score = 0;      ///< How much it weighs; below 0: it speaks for the message.
  std::string reason{};  ///< In words, for people. Nothing of the message is in it.

  bool operator==(const Sign&) const = default;
};

/// How a message came.
struct Circumstances {
  std::string hostname{};      ///< Ours.
  std::string helo{};          ///< What the client called itself.
  std::string reverse_path{};  ///< Empty for the null sender.
  /// What was found out about where it comes from; null: nothing was looked at. Outlives the call.
  const mailauth::MessageResults* authentication = nullptr;
  std::chrono::system_clock::time_point now{};
};

/// Everything noticed about `message`, in the order of the table in signs.cc. Decodes its texts; linear; never throws on what
/// it reads.
std::vector<Sign> signs_of(const mime::Message& message, const Circumstances& how);

/// The names, scores and reasons of all there are, for documents and tests.
const std::vector<Sign>& all_signs();

}  // namespace posthouse::judge
