#pragma once
// The commands of posthouse sieve that work on an account's scripts.

namespace CLI {
class App;
}

namespace posthouse::app {

/// Adds put, list, show, activate, deactivate and remove.
void add_script_commands(CLI::App& sieve);

}  // namespace posthouse::app
