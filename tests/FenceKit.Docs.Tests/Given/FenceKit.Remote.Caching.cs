// SPDX-License-Identifier: MIT
// The application that the README of FenceKit.Remote.Caching speaks of.
using FenceKit;
using FenceKit.Remote;
using FenceKit.Remote.Caching;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
IServiceCollection services = new ServiceCollection();
IInvalidationTransport transport = new InMemoryTransport().Connect("web-3");
RemoteHybridCache proven = null!;
HybridCache cache = proven;
Database database = new();
string id = "42";

public sealed record Order(string Id);

public sealed class Database
{
    public Task<Order> ReadAsync(string id, CancellationToken token) => Task.FromResult(new Order(id));

    public Task WriteAsync(Order order) => Task.CompletedTask;
}
