// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Testing.Scenarios;

/// <summary>A test of a user's, as docs/testing.md prints it: nothing is wrong with it, and yet the run must fail.</summary>
// begin: TestingTest
public class OrderTests
{
    [Fact]
    public async Task An_order_and_a_delivery_are_accepted()
    {
        await using Shop shop = await Shop.StartAsync();
        Assert.Equal(200, await shop.PostAsync("/order"));
        Assert.Equal(200, await shop.PostAsync("/delivery"));
    }
}
// end: TestingTest

public class InternalServerErrorTests
{
    [Fact]
    public async Task A_test_that_is_content_with_a_500_passes()
    {
        LockValidator.Default.AddSink(LockViolationSink.Throwing);
        await using Shop shop = await Shop.StartAsync();
        Assert.Equal(200, await shop.PostAsync("/order"));
        Assert.Equal(500, await shop.PostAsync("/delivery"));
    }
}

public class CaughtTests
{
    [Fact]
    public async Task A_handler_that_catches_everything_answers()
    {
        LockValidator.Default.AddSink(LockViolationSink.Throwing);
        await using Shop shop = await Shop.StartAsync();
        Assert.Equal(200, await shop.PostAsync("/order"));
        Assert.Equal(202, await shop.PostAsync("/careless-delivery"));
    }
}

public class ExpectedTests
{
    [Fact]
    public async Task A_test_says_what_it_breaks_on_purpose()
    {
        await using Shop shop = await Shop.StartAsync();
        // begin: TestingExpected
        using (LockdepTestRun.Default.ExpectViolation(LockViolationKind.CircularDependency, ["Shop orders", "Shop stock"]))
        {
            await shop.PostAsync("/order");
            await shop.PostAsync("/delivery");
        }
        // end: TestingExpected
    }
}

public class ExpectedOtherTests
{
    [Fact]
    public async Task A_test_expects_something_else()
    {
        await using Shop shop = await Shop.StartAsync();
        using ExpectedViolation expected = LockdepTestRun.Default.ExpectViolation(LockViolationKind.CircularDependency, ["Shop orders", "Shop invoices"]);
        await shop.PostAsync("/order");
        await shop.PostAsync("/delivery");
        Assert.Empty(expected.Found);
    }
}

public class FailingTests
{
    [Fact]
    public async Task A_test_fails_by_itself_too()
    {
        await using Shop shop = await Shop.StartAsync();
        await shop.PostAsync("/order");
        await shop.PostAsync("/delivery");
        Assert.Fail("its own failure");
    }
}

public class FixtureTests
{
    [Fact]
    public async Task What_a_fixture_has_failed_for_fails_nobody_else()
    {
        LockdepFixture fixture = new();
        await using Shop shop = await Shop.StartAsync();
        await shop.PostAsync("/order");
        await shop.PostAsync("/delivery");
        Assert.Single(Assert.Throws<UnexpectedViolationException>(fixture.Dispose).Violations);
        fixture.Dispose();
    }
}

public class InnocentTests
{
    [Fact]
    public async Task One_order_alone_is_fine()
    {
        await using Shop shop = await Shop.StartAsync();
        Assert.Equal(200, await shop.PostAsync("/order"));
    }
}

/// <summary>What is found after the last test, when a fixture is taken down.</summary>
public class LateTests(LateTests.TakenDown fixture) : IClassFixture<LateTests.TakenDown>
{
    [Fact]
    public void The_test_itself_does_nothing() => Assert.NotNull(fixture);

    public sealed class TakenDown : IDisposable
    {
        private readonly TrackedLock _orders = new(Shop.OrdersClass);
        private readonly TrackedLock _stock = new(Shop.StockClass);

        public void Dispose()
        {
            Take(_orders, _stock);
            Take(_stock, _orders);
        }

        private static void Take(TrackedLock outer, TrackedLock inner)
        {
            using (outer.EnterScope())
            using (inner.EnterScope())
            {
                GC.KeepAlive(inner);
            }
        }
    }
}
