// SPDX-License-Identifier: MIT
using System.Buffers;
using FenceKit.Samples.WebShop.Catalog;
using FenceKit.Samples.WebShop.Pages;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FenceKit.Samples.WebShop;

/// <summary>The application, as the program and its tests start it.</summary>
internal static class Shop
{
    private const int Delivery = 5;
    private const string Document = "text/html; charset=utf-8";
    private static readonly TimeSpan s_evictionBudget = TimeSpan.FromSeconds(2);

    internal static WebApplication Build(string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddFenceKit(builder.Configuration.GetSection("FenceKit")).AddNotifier("pages");
        builder.Services.AddLockdep(builder.Configuration.GetSection("FenceKit:Lockdep"));
        builder.Services.AddHealthChecks().AddFenceKit();
        builder.Services.AddSingleton<Metrics>();
        builder.Services.AddSingleton<Stock>();
        builder.Services.AddSingleton(static services =>
        {
            Stock stock = services.GetRequiredService<Stock>();
            return new PageCache(
                services.GetRequiredKeyedService<InvalidationNotifier>("pages"),
                ArrayPool<byte>.Shared,
                product => Html.ProductPage(Product.All[product], stock.Of(product)));
        });

        WebApplication shop = builder.Build();
        shop.MapGet("/", static (HttpContext context) => SendAsync(context, Html.Shop(context.RequestServices.GetRequiredService<Stock>())));
        shop.MapGet("/products/{product:int:range(0,3)}", (RequestDelegate)ShowProductAsync);
        shop.MapPost("/products/{product:int:range(0,3)}/order", (RequestDelegate)OrderAsync);
        shop.MapPost("/products/{product:int:range(0,3)}/delivery", (RequestDelegate)DeliverAsync);
        shop.MapHealthChecks("/health");
        shop.MapGet("/status", (RequestDelegate)ShowStatusAsync);
        shop.Services.GetRequiredService<Metrics>(); // counts from the start
        return shop;
    }

    private static async Task ShowProductAsync(HttpContext context)
    {
        context.Response.ContentType = Document;
        await context.RequestServices.GetRequiredService<PageCache>().SendAsync(ProductOf(context), context.Response.Body, context.RequestAborted);
    }

    private static async Task OrderAsync(HttpContext context)
    {
        int product = ProductOf(context);
        bool isSent = context.RequestServices.GetRequiredService<Stock>().Order(product);
        await SeeOtherAsync(context, product, isSent ? StatusCodes.Status303SeeOther : StatusCodes.Status202Accepted);
    }

    private static async Task DeliverAsync(HttpContext context)
    {
        int product = ProductOf(context);
        context.RequestServices.GetRequiredService<Stock>().Deliver(product, Delivery);
        await SeeOtherAsync(context, product, StatusCodes.Status303SeeOther);
    }

    /// <summary>The page of the product says what was in stock before, so it is thrown out; when a slow client keeps it, it is old for a while, never wrong bytes.</summary>
    private static async Task SeeOtherAsync(HttpContext context, int product, int status)
    {
        await context.RequestServices.GetRequiredService<PageCache>().EvictAsync(product, s_evictionBudget, context.RequestAborted);
        context.Response.StatusCode = status;
        context.Response.Headers.Location = $"/products/{product}";
    }

    private static async Task ShowStatusAsync(HttpContext context)
    {
        HealthReport health = await context.RequestServices.GetRequiredService<HealthCheckService>().CheckHealthAsync(context.RequestAborted);
        await SendAsync(context, Html.Status(health, context.RequestServices.GetRequiredService<Metrics>().Read()));
    }

    private static async Task SendAsync(HttpContext context, string page)
    {
        context.Response.ContentType = Document;
        await context.Response.WriteAsync(page, context.RequestAborted);
    }

    private static int ProductOf(HttpContext context) => int.Parse((string)context.Request.RouteValues["product"]!, System.Globalization.CultureInfo.InvariantCulture);
}
