// SPDX-License-Identifier: MIT
using Shop;

if (args is ["--help" or "-h"])
{
    Console.WriteLine("""
        A small shop in plain C#. It runs through, and could hang in three ways: run it with fencekit-lockdep (see README.md).
        Exit codes: 0 when it has run through; 2 for wrong use.
        """);
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine($"'{args[0]}' is not understood. --help says what there is.");
    return 2;
}

// One customer, one thing after the other: nothing can hang here. That it could with two customers is what the tool finds.
var orders = new Orders();
var stock = new Stock(orders);
orders.Stock = stock;
orders.Place("tea", 2);
Console.WriteLine($"in stock: {stock.CountOf("tea")} tea, ordered: {stock.OrderedOf("tea")}");

using (var feed = new PriceFeed())
{
    feed.Stop();
    Console.WriteLine($"prices were {(feed.IsStopped ? "stopped" : "not stopped")}");
}

var accounts = new AccountService();
var payments = new PaymentService(accounts);
accounts.Payments = payments;
await payments.PayAsync(30);
Console.WriteLine($"balance {await accounts.CloseAsync()}");
return 0;
