#pragma once
// How the commands tell what they take, and what was wrong with what they were given.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Error;
class FormatterBase;
}  // namespace CLI

namespace posthouse::app {

/// Help in plain words: what an option takes, and no more of CLI11's notation.
std::shared_ptr<CLI::FormatterBase> plain_help();

/// What was wrong with the command line, which word it was and what may have been meant, for standard error.
std::string explain(const CLI::App* root, const CLI::Error& error);

/// The one of `names` that a person who wrote `word` most likely meant; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string>& names);

}  // namespace posthouse::app
