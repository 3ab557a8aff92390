// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FenceKit.Testing.Scenarios;

/// <summary>The application under test, on a real Kestrel: an order takes two locks in one order, a delivery takes them in the other.</summary>
internal sealed class Shop : IAsyncDisposable
{
    internal static readonly LockClass OrdersClass = LockClass.Create("Shop orders");
    internal static readonly LockClass StockClass = LockClass.Create("Shop stock");

    private readonly WebApplication _application;
    private readonly TrackedLock _orders = new(OrdersClass);
    private readonly TrackedLock _stock = new(StockClass);
    private readonly HttpClient _client = new();

    private Shop(WebApplication application) => _application = application;

    internal static async Task<Shop> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // begin: TestingServer
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        Shop shop = new(application);
        application.MapPost("/order", (RequestDelegate)shop.OrderAsync);
        application.MapPost("/delivery", (RequestDelegate)shop.DeliverAsync);
        application.MapPost("/careless-delivery", (RequestDelegate)shop.DeliverCarelesslyAsync);
        await application.StartAsync();
        IServerAddressesFeature addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        shop._client.BaseAddress = new Uri(addresses.Addresses.Single());
        // end: TestingServer
        shop._client.Timeout = TimeSpan.FromSeconds(60);
        return shop;
    }

    internal async Task<int> PostAsync(string path)
    {
        using HttpResponseMessage response = await _client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _application.DisposeAsync();
    }

    private Task OrderAsync(HttpContext context)
    {
        using (_orders.EnterScope())
        using (_stock.EnterScope())
        {
            return Task.CompletedTask;
        }
    }

    private Task DeliverAsync(HttpContext context)
    {
        using (_stock.EnterScope())
        using (_orders.EnterScope())
        {
            return Task.CompletedTask;
        }
    }

    private async Task DeliverCarelesslyAsync(HttpContext context)
    {
        try
        {
            await DeliverAsync(context);
        }
        catch (LockViolationException)
        {
            context.Response.StatusCode = 202; // "we will try again later"
        }
    }
}
