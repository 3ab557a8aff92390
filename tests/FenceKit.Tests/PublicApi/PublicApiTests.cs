// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Tests.PublicApi;

public class PublicApiTests
{
    [Theory]
    [InlineData("FenceKit")]
    [InlineData("FenceKit.Lockdep")]
    [InlineData("FenceKit.Conformance")]
    public void The_public_surface_is_what_the_file_says(string name) => ApiSnapshot.Check(Assembly.Load(name), "FenceKit.Tests");
}
