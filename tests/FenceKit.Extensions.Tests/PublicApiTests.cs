// SPDX-License-Identifier: MIT
using FenceKit.Tests.PublicApi;

namespace FenceKit.Extensions.Tests;

public class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_what_the_file_says() => ApiSnapshot.Check(typeof(FenceKitOptions).Assembly, "FenceKit.Extensions.Tests");
}
