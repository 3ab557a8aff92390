// SPDX-License-Identifier: MIT
using FenceKit.Samples;
using FenceKit.Samples.MappedStore.Cli;
using FenceKit.Samples.MappedStore.Scenes;

if (UnsafeChild.Asked is { } megabytes)
{
    return UnsafeChild.Run(megabytes);
}

Terminal.Prepare();
return CommandLine.Run(args, static options =>
{
    try
    {
        return Show.Run(options);
    }
    catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or TimeoutException)
    {
        Console.Error.WriteLine($"mappedstore: {failure.Message}");
        return SampleCommand.Bad;
    }
});
