// SPDX-License-Identifier: MIT

using System.Net;
using FenceKit.Samples.WebShop;
using FenceKit.Testing;
using Microsoft.AspNetCore.Builder;

[assembly: FailOnLockViolation]

namespace FenceKit.WebShop.Tests;

/// <summary>The shop on a real Kestrel. Each lock that a request takes is checked: a pair of requests with the orders of locks reversed fails this run.</summary>
public sealed class ShopTests : IAsyncLifetime
{
    private readonly WebApplication _shop = Shop.Build("http://127.0.0.1:0");
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false });

    public async Task InitializeAsync()
    {
        await _shop.StartAsync();
        _client.BaseAddress = new Uri(_shop.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _shop.StopAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task Orders_And_Deliveries_Are_Accepted_And_The_Cached_Page_Follows()
    {
        Assert.Contains("<span id=\"stock\">10</span>", await GetAsync("/products/1"), StringComparison.Ordinal);
        for (int order = 0; order < 10; order++)
        {
            Assert.Equal(HttpStatusCode.SeeOther, await PostAsync("/products/1/order"));
        }

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/products/1/order")); // waits for a delivery
        Assert.Contains("<span id=\"stock\">0</span>", await GetAsync("/products/1"), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.SeeOther, await PostAsync("/products/1/delivery"));
        Assert.Contains("<span id=\"stock\">4</span>", await GetAsync("/products/1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_Is_Healthy_And_Status_Shows_The_Instruments()
    {
        await GetAsync("/products/0");

        Assert.Equal("Healthy", await GetAsync("/health"));
        string status = await GetAsync("/status");
        Assert.Contains("<td>fencekit.notifier.subscriptions</td><td>pages</td><td>4</td>", status, StringComparison.Ordinal);
        Assert.Contains("<strong id=\"health\">Healthy</strong>", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_Products_Are_Not_Found() =>
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(new Uri("/products/4", UriKind.Relative))).StatusCode);

    [ChromiumFact]
    public async Task A_Browser_Shows_The_Shop_And_Its_Health()
    {
        string shop = await Chromium.OpenAsync(_shop.Urls.Single());
        Assert.Contains("Floor lamp", shop, StringComparison.Ordinal);
        Assert.Contains("<span id=\"health\">Healthy</span>", shop, StringComparison.Ordinal); // the page's script has asked for it
    }

    private Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    private async Task<HttpStatusCode> PostAsync(string path)
    {
        using HttpResponseMessage response = await _client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        return response.StatusCode;
    }
}
