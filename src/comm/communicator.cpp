#include "comm/communicator.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "comm/backend.hpp"
#include "core/contract.hpp"

namespace ensemble::comm {

Communicator Communicator::local() {
    return Communicator(make_local_backend());
}

Communicator::Communicator(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {
    core::require(backend_ != nullptr, "a communicator has a backend");
}

int Communicator::rank() const noexcept {
    return backend_->rank();
}
int Communicator::size() const noexcept {
    return backend_->size();
}
int Communicator::node_rank() const noexcept {
    return backend_->node_rank();
}
int Communicator::node_size() const noexcept {
    return backend_->node_size();
}
const std::string& Communicator::host() const noexcept {
    return backend_->host();
}

void Communicator::send(int destination, int tag, std::span<const std::byte> bytes) {
    core::require(destination >= 0 && destination < size(), "a message goes to a rank of the group");
    backend_->send(destination, tag, bytes);
}

std::optional<Message> Communicator::poll() {
    return backend_->poll();
}
bool Communicator::sending() {
    return backend_->sending();
}

void Communicator::while_waiting(std::function<void()> look) {
    backend_->while_waiting(std::move(look));
}
void Communicator::abandon_collectives() {
    backend_->abandon_collectives();
}
void Communicator::barrier() {
    backend_->barrier();
}
void Communicator::broadcast(std::vector<std::byte>& bytes) {
    backend_->broadcast(bytes);
}
void Communicator::reduce_sum(std::span<std::int64_t> values) {
    backend_->reduce_sum(values);
}
std::vector<std::string> Communicator::gather(const std::string& text) {
    return backend_->gather(text);
}
NodeBytes Communicator::share_on_nodes(std::span<const std::byte> bytes) {
    return backend_->share_on_nodes(bytes);
}

void Communicator::throw_if_any_failed(const std::optional<core::Error>& mine) {
    const std::optional<core::Error> first = backend_->first_error(mine);
    if (first) throw SharedError(first->kind(), first->what());
}

void Communicator::run_everywhere(const std::function<void()>& step) {
    std::optional<core::Error> mine;
    try {
        step();
    } catch (const core::Error& error) {
        mine = error;
    } catch (const std::exception& error) {
        mine.emplace(core::Failure::run, fmt::format("rank {} on {}: {}", rank(), host(), core::reason(error)));
    }
    throw_if_any_failed(mine);
}

void Communicator::abort(int exit_code) {
    static_cast<void>(std::fflush(nullptr));
    backend_->end_others(exit_code);
    std::_Exit(exit_code);
}

}  // namespace ensemble::comm
