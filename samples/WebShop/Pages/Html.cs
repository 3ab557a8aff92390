// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using FenceKit.Samples.WebShop.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FenceKit.Samples.WebShop.Pages;

/// <summary>What people see.</summary>
internal static class Html
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; }
        table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
        th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d9e2ec; }
        form { margin: 0; }
        button { font: inherit; padding: .2rem .9rem; border: 1px solid #2f6fab; border-radius: 4px; background: #2f6fab; color: white; cursor: pointer; }
        a { color: #2f6fab; }
        """;

    private const string AskHealth = "fetch('/health').then(answer => answer.text()).then(text => document.getElementById('health').textContent = text)";

    internal static string Shop(Stock stock) => Page(
        "Lamps",
        Table("lamps", "Lamp|Price|In stock|", Product.All.Select(product => Row(
            $"<a href=\"/products/{product.Number}\">{Text(product.Name)}</a>", Price(product), Number(stock.Of(product.Number)), OrderButton(product))))
        + $"<p>This shop is <span id=\"health\">...</span>. <a href=\"/status\">Status</a></p><script>{AskHealth}</script>");

    internal static string ProductPage(Product product, int inStock) => Page(
        product.Name,
        $"<p>{Price(product)}, in stock: <span id=\"stock\">{Number(inStock)}</span></p>{OrderButton(product)}<p><a href=\"/\">All lamps</a></p>");

    internal static string Status(HealthReport health, IEnumerable<(string Name, string Tags, double Value)> metrics) => Page(
        "Status",
        $"<p>Health: <strong id=\"health\">{health.Status}</strong></p>"
        + Table("checks", "Check|Status|Says", health.Entries.Select(static entry => Row(Text(entry.Key), $"{entry.Value.Status}", Text(entry.Value.Description))))
        + Table("metrics", "Instrument|Of|Value", metrics.Select(static metric => Row(Text(metric.Name), Text(metric.Tags), Number(metric.Value))))
        + "<p><a href=\"/\">All lamps</a></p>");

    private static string Page(string title, string body) =>
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
        + $"<title>{Text(title)}</title><style>{Style}</style></head><body><h1>{Text(title)}</h1>{body}</body></html>";

    private static string Table(string id, string headings, IEnumerable<string> rows) =>
        $"<table id=\"{id}\"><tr><th>{headings.Replace("|", "</th><th>", StringComparison.Ordinal)}</th></tr>{string.Concat(rows)}</table>";

    private static string Row(params string[] cells) => $"<tr><td>{string.Join("</td><td>", cells)}</td></tr>";

    private static string OrderButton(Product product) =>
        $"<form method=\"post\" action=\"/products/{product.Number}/order\"><button>Order</button></form>";

    private static string Price(Product product) => product.Price.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}
