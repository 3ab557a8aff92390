// SPDX-License-Identifier: MIT
using FenceKit.Tests.PublicApi;

namespace FenceKit.Extensions.Tests;

/// <summary>As the test of the same name in FenceKit.Tests: FENCEKIT_ACCEPT=1 accepts a change.</summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_what_the_file_says()
    {
        string path = Repository.PathOf("tests", "FenceKit.Extensions.Tests", "PublicApi", "FenceKit.Extensions.txt");
        IReadOnlyList<string> actual = ApiText.Of(typeof(FenceKitOptions).Assembly);
        if (Environment.GetEnvironmentVariable("FENCEKIT_ACCEPT") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        Assert.Equal(File.ReadAllLines(path), actual);
    }
}
