// SPDX-License-Identifier: MIT
using FenceKit.Tests.PublicApi;

namespace FenceKit.Remote.Nats.Tests.PublicApi;

public class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_what_the_file_says() => ApiSnapshot.Check(typeof(NatsInvalidationTransport).Assembly, "FenceKit.Remote.Nats.Tests");
}
