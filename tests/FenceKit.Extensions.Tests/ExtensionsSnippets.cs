// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FenceKit.Extensions.Tests;

/// <summary>What docs/extensions.md prints, compiled and run.</summary>
public class ExtensionsSnippets
{
    [Fact]
    public async Task The_setup_of_the_page_works_as_printed()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        // begin: ExtensionsSetup
        builder.Services.AddFenceKit(builder.Configuration.GetSection("FenceKit")).AddNotifier("pages").AddDeviceQueue("copies", _ => new CopyEngine());
        builder.Services.AddLockdep(builder.Configuration.GetSection("FenceKit:Lockdep"));
        builder.Services.AddHealthChecks().AddFenceKit();
        // end: ExtensionsSetup
        builder.Services.AddSingleton<Pages>();
        using IHost host = builder.Build();
        await Limit.OnAsync(host.StartAsync());
        Assert.True(await host.Services.GetRequiredService<Pages>().CopyAsync());
        await Limit.OnAsync(host.StopAsync());
    }

    [Theory]
    [InlineData("ExtensionsSetup")]
    [InlineData("ExtensionsUse")]
    public void The_page_prints_what_is_compiled_here(string name)
    {
        string[] page = Between(Repository.PathOf("docs", "extensions.md"), $"<!-- snippet: {name} -->", "<!-- endsnippet -->");
        string[] source = Between(Repository.PathOf("tests", "FenceKit.Extensions.Tests", "ExtensionsSnippets.cs"), $"// begin: {name}", $"// end: {name}");
        Assert.NotEmpty(source);
        Assert.Equal(source, page.Where(line => !line.StartsWith("```", StringComparison.Ordinal)));
    }

    private static string[] Between(string file, string begin, string end) =>
        [.. File.ReadLines(file).Select(line => line.Trim()).SkipWhile(line => line != begin).Skip(1).TakeWhile(line => line != end)];

    // begin: ExtensionsUse
    public sealed class Pages([FromKeyedServices("pages")] InvalidationNotifier notifier, [FromKeyedServices("copies")] DeviceQueue<CopyJob> engine)
    // end: ExtensionsUse
    {
        internal async Task<bool> CopyAsync()
        {
            using IDisposable attached = engine.Attach(notifier, AddressRange.All);
            Assert.Equal(DeviceSubmitStatus.Submitted, engine.TrySubmit(new CopyJob(AddressRange.All), out Fence copied));
            await copied;
            return true;
        }
    }

    public readonly record struct CopyJob(AddressRange Pages);

    private sealed class CopyEngine : DeviceDriver<CopyJob>
    {
        public override int GetRanges(in CopyJob job, Span<AddressRange> ranges)
        {
            ranges[0] = job.Pages;
            return 1;
        }

        public override void Start(ReadOnlySpan<DeviceCommand<CopyJob>> batch)
        {
            foreach (DeviceCommand<CopyJob> job in batch)
            {
                job.Complete();
            }
        }
    }
}
