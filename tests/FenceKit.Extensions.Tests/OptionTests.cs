// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Reflection;
using FenceKit.Lockdep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions.Tests;

/// <summary>Options come from configuration, and a wrong one keeps the host from starting.</summary>
public class OptionTests
{
    [Fact]
    public void Every_common_option_is_bound() => AssertBound<FenceKitOptions>("FenceKit", name: null);

    [Fact]
    public void Every_option_of_a_notifier_is_bound_by_its_name() => AssertBound<FenceKitNotifierOptions>("FenceKit:Notifiers:pages", "pages");

    [Fact]
    public void Every_option_of_a_device_queue_is_bound_by_its_name() =>
        AssertBound<FenceKitDeviceQueueOptions>("FenceKit:DeviceQueues:copies", "copies");

    [Fact]
    public void Every_option_of_the_validator_is_bound() => AssertBound<LockdepOptions>("FenceKit:Lockdep", name: null);

    [Fact]
    public void What_configuration_does_not_say_is_as_usual_in_the_library()
    {
        TestApplication application = Build();
        FenceKitDeviceQueueOptions queue = application.Services.GetRequiredService<IOptionsMonitor<FenceKitDeviceQueueOptions>>().Get("copies");
        DeviceQueueOptions usual = new();
        foreach (PropertyInfo property in typeof(FenceKitDeviceQueueOptions).GetProperties())
        {
            Assert.Equal(typeof(DeviceQueueOptions).GetProperty(property.Name)!.GetValue(usual), property.GetValue(queue));
        }

        InvalidationNotifierOptions usualNotifier = new();
        FenceKitNotifierOptions notifier = application.Services.GetRequiredService<IOptionsMonitor<FenceKitNotifierOptions>>().Get("pages");
        Assert.Equal(usualNotifier.SessionCapacity, notifier.SessionCapacity);
        Assert.Equal(usualNotifier.RememberedInvalidations, notifier.RememberedInvalidations);
        Assert.Equal(usualNotifier.FaultPolicy, notifier.FaultPolicy);
    }

    [Theory]
    [InlineData("FenceKit:StuckFenceThreshold", "00:00:00", "StuckFenceThreshold is 00:00:00")]
    [InlineData("FenceKit:SlowSubscriberThreshold", "-00:00:02", "SlowSubscriberThreshold is -00:00:02")]
    [InlineData("FenceKit:ReleaseTimeout", "50.00:00:00", "at most 49 days")]
    [InlineData("FenceKit:Notifiers:pages:RememberedInvalidations", "65537", "The notifier 'pages': RememberedInvalidations is 65537")]
    [InlineData("FenceKit:Notifiers:pages:FaultPolicy", "7", "FaultPolicy is 7, not one of Fail, TreatAsQuiesced")]
    [InlineData("FenceKit:DeviceQueues:copies:Capacity", "0", "The device queue 'copies': Capacity is 0")]
    [InlineData("FenceKit:DeviceQueues:copies:HangTimeout", "0", "HangTimeout is 00:00:00")]
    [InlineData("FenceKit:Lockdep:MinimumConfidence", "9", "MinimumConfidence is 9")]
    public async Task A_value_out_of_range_keeps_the_host_from_starting(string key, string value, string message)
    {
        TestApplication application = Build((key, value));
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(application.StartAsync);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FenceKit:StuckFenceThreshold", "soon", "not a time")]
    [InlineData("FenceKit:LogFaults", "maybe", "not true or false")]
    [InlineData("FenceKit:DeviceQueues:copies:Depth", "deep", "not a whole number")]
    [InlineData("FenceKit:DeviceQueues:copies:Dispatch", "Later", "not one of ThreadPool, Inline, DedicatedThread")]
    public async Task A_value_that_cannot_be_read_keeps_the_host_from_starting_and_is_named_by_its_path(string key, string value, string message)
    {
        TestApplication application = Build((key, value));
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(application.StartAsync);
        Assert.Contains($"'{key}' is '{value}', {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_has_the_last_word_over_configuration()
    {
        TestApplication application = TestApplication.Build(
            (services, configuration) => services
                .AddFenceKit(configuration.GetSection("FenceKit"), options => options.StuckFenceThreshold = TimeSpan.FromSeconds(2))
                .AddNotifier("pages", options => options.SessionCapacity = 3),
            ("FenceKit:StuckFenceThreshold", "00:00:01"),
            ("FenceKit:Notifiers:pages:SessionCapacity", "2"));

        Assert.Equal(TimeSpan.FromSeconds(2), application.Services.GetRequiredService<IOptions<FenceKitOptions>>().Value.StuckFenceThreshold);
        Assert.Equal(3, application.Services.GetRequiredService<IOptionsMonitor<FenceKitNotifierOptions>>().Get("pages").SessionCapacity);
    }

    [Fact]
    public void Adding_twice_adds_nothing_twice()
    {
        ServiceCollection services = new();
        services.AddFenceKit().AddNotifier("pages");
        services.AddLockdep();
        int once = services.Count(descriptor => descriptor.ServiceType != typeof(IConfigureOptions<FenceKitOptions>));
        services.AddFenceKit();
        services.AddLockdep();

        Assert.Equal(2, services.Count(descriptor => descriptor.ServiceType == typeof(IHostedService)));
        Assert.Equal(1, services.Count(descriptor => descriptor.ServiceType == typeof(FenceKitParts)));
        Assert.Equal(1, services.Count(descriptor => descriptor.ServiceType == typeof(LockValidator)));
        Assert.Equal(1, services.Count(descriptor => descriptor.ServiceType == typeof(IValidateOptions<FenceKitOptions>)));
        Assert.True(once > 0);
    }

    private static TestApplication Build(params (string Key, string? Value)[] settings) => TestApplication.Build(
        (services, configuration) =>
        {
            services.AddFenceKit(configuration.GetSection("FenceKit")).AddNotifier("pages").AddDeviceQueue("copies", _ => new HeldDriver());
            services.AddLockdep(configuration.GetSection("FenceKit:Lockdep"));
        },
        settings);

    /// <summary>Sets every public property to something unusual; one that is forgotten keeps its usual value.</summary>
    private static void AssertBound<TOptions>(string section, string? name)
        where TOptions : class, new()
    {
        TOptions usual = new();
        Dictionary<string, object> expected = typeof(TOptions).GetProperties().ToDictionary(property => property.Name, property => Unusual(property, usual));
        TestApplication application = Build(
            [.. expected.Select(pair => ($"{section}:{pair.Key}", (string?)Convert.ToString(pair.Value, CultureInfo.InvariantCulture)))]);

        TOptions bound = application.Services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

        Assert.NotEmpty(expected);
        Assert.All(expected, pair => Assert.Equal(pair.Value, typeof(TOptions).GetProperty(pair.Key)!.GetValue(bound)));
    }

    private static object Unusual(PropertyInfo property, object usual) => property.GetValue(usual) switch
    {
        bool value => !value,
        int value => value + 1,
        TimeSpan value => value + TimeSpan.FromSeconds(1),
        Enum value => Enum.GetValues(value.GetType()).Cast<object>().First(other => !other.Equals(value)),
        _ => property.PropertyType == typeof(string) ? "findings.txt" : TimeSpan.FromSeconds(1),
    };
}
