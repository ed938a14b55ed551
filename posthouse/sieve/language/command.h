#pragma once
// What commands and tests there are, and what each of them takes. The tables are data: the checker and the interpreter
// know no names.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "posthouse/sieve/language/extension.h"

namespace posthouse::sieve {

/// What a command or test does.
enum class Verb : std::uint8_t {
  // Control (RFC 5228 section 3, RFC 6609, RFC 5703, RFC 5463).
  require_,
  if_,
  elsif,
  else_,
  stop,
  include,
  return_,
  global,
  foreverypart,
  break_,
  error,
  // Actions.
  keep,
  discard,
  fileinto,
  redirect,
  reject,
  ereject,
  vacation,
  set,
  setflag,
  addflag,
  removeflag,
  addheader,
  deleteheader,
  notify,
  extracttext,
  // Tests.
  address,
  allof,
  anyof,
  body,
  currentdate,
  date,
  duplicate,
  envelope,
  environment,
  exists,
  false_,
  hasflag,
  header,
  ihave,
  mailboxexists,
  metadata,
  metadataexists,
  not_,
  notify_method_capability,
  servermetadata,
  servermetadataexists,
  size,
  spamtest,
  specialuse_exists,
  string,
  true_,
  valid_ext_list,
  valid_notify_method,
  virustest,
  // A command or test of the program around.
  host,
};

/// A tagged argument.
enum class Tag : std::uint8_t {
  // Match types and comparators.
  is,
  contains,
  matches,
  regex,
  list,
  count,
  value,
  comparator,
  // Parts of addresses.
  all,
  localpart,
  domain,
  user,
  detail,
  index,
  last,
  mime,
  anychild,
  type,
  subtype,
  contenttype,
  param,
  raw,
  content,
  text,
  zone,
  originalzone,
  over,
  under,
  copy,
  create,
  flags,
  special_use,
  days,
  seconds,
  subject,
  from,
  addresses,
  handle,
  lower,
  upper,
  lowerfirst,
  upperfirst,
  quotewildcard,
  quoteregex,
  encodeurl,
  length,
  personal,
  global,
  once,
  optional,
  header,
  uniqueid,
  importance,
  options,
  message,
  percent,
  name,
  first,
  host,
};

/// What a tag or a place takes.
enum class Takes : std::uint8_t { nothing, string, strings, number };

struct TagRule {
  std::string_view name{};  ///< In lower case, without ":".
  Tag tag = Tag::is;
  Takes takes = Takes::nothing;
  int group = 0;  ///< Of the tags of one group at most one may be given; 0: none.
  Extension extension = Extension::base;
};

struct Place {
  Takes takes = Takes::string;
  std::string_view name{};  ///< For people: "header names".
};

enum class Subtests : std::uint8_t { none, one, list };
enum class Optional : std::uint8_t { nothing, first_place, last_place };

struct Command {
  std::string_view name{};
  Verb verb = Verb::stop;
  bool is_test = false;
  Extension extension = Extension::base;
  /// Another extension that brings it, too (vacation-seconds brings vacation).
  Extension also = Extension::host;
  std::vector<Place> places{};  ///< The arguments without a tag, in order.
  Optional optional = Optional::nothing;
  std::vector<std::span<const TagRule>> tags{};
  Subtests subtests = Subtests::none;
  bool block = false;
};

/// All of them.
std::span<const Command> commands();
/// The tags of comparators and match types, for tests that a program adds.
std::span<const TagRule> matching_tags() noexcept;

}  // namespace posthouse::sieve
