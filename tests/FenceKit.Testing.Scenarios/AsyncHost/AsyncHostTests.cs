// SPDX-License-Identifier: MIT
namespace FenceKit.Testing.Scenarios.AsyncHost;

/// <summary>Two classes share it. It keeps a place from the first test of both to the last, and lets it go in another flow than it was taken in.</summary>
public sealed class RentedPlace : IAsyncLifetime
{
    internal bool IsRented { get; private set; }

    public async LifetimeTask InitializeAsync()
    {
        await Bakery.RentAsync();
        IsRented = true;
    }

    public async LifetimeTask DisposeAsync()
    {
        await Task.Yield();
        Bakery.Leave();
    }
}

[CollectionDefinition(Name)]
public sealed class RentedPlaces : ICollectionFixture<RentedPlace>
{
    public const string Name = "Rented places";
}

[Collection(RentedPlaces.Name)]
public sealed class TheoryTests(RentedPlace place)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Some_at_once(int bakers)
    {
        int before = Bakery.Sold;
        await Task.WhenAll(Enumerable.Range(0, bakers).Select(static _ => Bakery.BakeAsync()));
        Assert.True(place.IsRented);
        Assert.True(Bakery.Sold >= before + bakers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_goes_on_anywhere_and_one_that_does_not(bool goesAnywhere)
    {
        await Bakery.BakeAsync(goesAnywhere);
        Assert.Contains("Bakery oven -> Bakery prices", Bakery.Edges);
        Assert.Contains("Bakery prices -> Bakery till", Bakery.Edges);
    }
}

[Collection(RentedPlaces.Name)]
public sealed class SharingTests(RentedPlace place)
{
    [Fact]
    public async Task One_that_shares_the_place()
    {
        await Bakery.BakeTogetherAsync();
        Assert.True(place.IsRented);
        Assert.Contains("Bakery oven -> Bakery prices", Bakery.Edges);
    }
}

/// <summary>Each test begins and ends with asynchronous code of its class.</summary>
public sealed class LifetimeTests : IAsyncLifetime
{
    private int _sold;

    public async LifetimeTask InitializeAsync()
    {
        await Bakery.BakeAsync();
        _sold = Bakery.Sold;
        await Bakery.RentAsync();
    }

    public async LifetimeTask DisposeAsync()
    {
        Bakery.Leave();
        await Bakery.BakeAsync();
    }

    [Fact]
    public async Task One_that_has_a_place_already()
    {
        await Bakery.SellAsync();
        Assert.True(Bakery.Sold > _sold);
    }

    [Fact]
    public void One_that_is_not_asynchronous()
    {
        Bakery.Sell();
        Assert.True(Bakery.Sold > _sold);
    }
}

public sealed class LimitedTests
{
    [Fact(Timeout = 100_000)]
    public async Task One_with_a_time_limit()
    {
        await Bakery.BakeAsync();
        Assert.Contains("Bakery permits -> Bakery oven", Bakery.Edges);
    }

    [Fact]
    public async Task One_that_is_canceled_and_one_that_does_not_wait_long()
    {
        int before = Bakery.Sold;
        await Bakery.GiveUpAsync();
        await Bakery.SellAsync();
        Assert.True(Bakery.Sold > before);
    }

    [Fact]
    public async Task One_that_somebody_starts_and_waits_for_when_he_holds_nothing()
    {
        int before = Bakery.Sold;
        await await Bakery.BakeLaterAsync();
        Assert.True(Bakery.Sold > before);
    }
}

public sealed class CrowdTests
{
    [Fact]
    public async Task Many_at_once()
    {
        int before = Bakery.Sold;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(static number => number % 2 == 0 ? Bakery.BakeAsync() : Task.Run(() => Bakery.BakeAsync(goesAnywhere: true))));
        Assert.True(Bakery.Sold >= before + 50);
    }
}
