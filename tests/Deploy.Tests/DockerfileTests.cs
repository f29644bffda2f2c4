using System.Text.Json;
using System.Text.RegularExpressions;

namespace WhatsApp.Deploy.Tests;

/// <summary>The Dockerfile, without an engine: what it copies exists, what it runs is what we build, and nothing runs as root.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string[] Programs = ["silo", "gateway"];

    internal static Dockerfile File { get; } = new(Repository.Read("deploy/docker/Dockerfile"));

    private static Stage StageOf(string name) => File.Stages.Single(stage => stage.Name == name);

    [Fact]
    public void Every_base_is_pinned() => Assert.All(File.Stages.Where(stage => !File.Stages.Exists(other => other.Name == stage.From)), stage =>
    {
        var image = File.Arguments.Aggregate(stage.From, (name, argument) => name.Replace($"${{{argument.Key}}}", argument.Value, StringComparison.Ordinal));
        Assert.True(ImageName.IsPinned(image), image);
    });

    [Fact]
    public void Programs_never_run_as_root() => Assert.All(Programs, program =>
    {
        Assert.Equal("1654:1654", File.Whole(StageOf(program)).Last(instruction => instruction.Name == "USER").Rest);
        // Set after the last thing that needs root, before what runs.
        var names = StageOf(program).Instructions.ConvertAll(instruction => instruction.Name);
        Assert.DoesNotContain("RUN", names[names.IndexOf("USER")..]);
    });

    [Fact]
    public void Programs_get_signals_themselves_and_are_asked_for_their_health() => Assert.All(Programs, program =>
    {
        var stage = StageOf(program);
        var entry = JsonSerializer.Deserialize<string[]>(stage.Of("ENTRYPOINT").Single().Rest)!;
        var health = stage.Of("HEALTHCHECK").Single().Rest.Split("CMD ", 2)[1];
        var assembly = $"WhatsApp.{char.ToUpperInvariant(program[0])}{program[1..]}.dll";

        Assert.Equal(["dotnet", assembly], entry);
        Assert.Equal(["dotnet", assembly, "--health"], JsonSerializer.Deserialize<string[]>(health)!);
        Assert.True(System.IO.File.Exists(Path.Combine(AppContext.BaseDirectory, assembly)), $"{assembly} is what the project makes");
    });

    [Fact]
    public void Ports_are_those_the_programs_listen_on()
    {
        Assert.Equal([Silo.SiloApp.DefaultPort, "11111", "30000"], StageOf("silo").Of("EXPOSE").Single().Words);
        Assert.Equal([Gateway.GatewayOptions.DefaultPort], StageOf("gateway").Of("EXPOSE").Single().Words);
    }

    [Fact]
    public void What_is_written_is_a_volume_and_settings_are_known() => Assert.All(Programs, program =>
    {
        var whole = File.Whole(StageOf(program)).ToList();
        var environment = whole.Where(instruction => instruction.Name == "ENV").SelectMany(instruction => instruction.Words).Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(environment["DATA_DIR"], whole.Single(instruction => instruction.Name == "VOLUME").Rest);
        Assert.All(environment.Keys, name => Assert.True(Repository.IsSetting(name), name));
        Assert.Contains(whole, instruction => instruction.Name == "RUN" && instruction.Rest.Contains("ffmpeg", StringComparison.Ordinal));
    });

    [Fact]
    public void Everything_that_is_copied_exists_and_is_not_ignored()
    {
        var ignored = Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();

        foreach (var copy in StageOf("build").Of("COPY"))
            Assert.All(copy.Words[..^1], source =>
            {
                Assert.True(Path.Exists(Repository.PathOf(source)), source);
                Assert.Contains(ignored, kept => source.TrimEnd('/') == kept || source.StartsWith(kept + '/', StringComparison.Ordinal));
            });
        foreach (var copy in Programs.SelectMany(program => StageOf(program).Of("COPY")))
            Assert.Contains(StageOf("build").Of("RUN"), run => run.Rest.Contains(copy.Words[0].TrimEnd('/'), StringComparison.Ordinal));
    }

    [Fact]
    public void Packages_are_restored_from_the_lock_files_of_every_project_before_the_code_is_copied()
    {
        var build = StageOf("build").Instructions;
        var restore = build.FindIndex(instruction => instruction.Rest.Contains("dotnet restore", StringComparison.Ordinal));
        var before = build.Take(restore).Where(instruction => instruction.Name == "COPY").SelectMany(copy => copy.Words[..^1]).ToHashSet();

        Assert.Contains("--locked-mode", build[restore].Rest, StringComparison.Ordinal);
        Assert.DoesNotContain(before, source => source.EndsWith('/'));
        foreach (var project in Projects("Gateway/Gateway.csproj"))
        {
            Assert.Contains(project, before);
            Assert.Contains(Path.GetDirectoryName(project) + "/packages.lock.json", before);
        }
        // What projects embed from elsewhere comes too.
        var copied = build.Where(instruction => instruction.Name == "COPY").SelectMany(copy => copy.Words[..^1]).ToList();
        foreach (var project in Projects("Gateway/Gateway.csproj"))
            foreach (Match outside in OutsideFile().Matches(Repository.Read(project)))
                Assert.Contains(copied, source => outside.Groups["path"].Value.StartsWith(source, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_instruction_would_be_found() => Assert.Throws<FormatException>(() => new Dockerfile("FROM a:1 AS b\nENTRYPIONT [\"x\"]\n"));

    /// <summary>A project and all it refers to, relative to the root.</summary>
    private static HashSet<string> Projects(string project)
    {
        HashSet<string> all = [project];
        foreach (Match reference in Reference().Matches(Repository.Read(project)))
            all.UnionWith(Projects(Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.PathOf(Path.GetDirectoryName(project)!), reference.Groups["path"].Value)))));
        return all;
    }

    [GeneratedRegex("<ProjectReference Include=\"(?<path>[^\"]+)\"", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Reference();

    [GeneratedRegex("<EmbeddedResource Include=\"\\.\\./(?<path>[^\"]+)\"", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex OutsideFile();
}
