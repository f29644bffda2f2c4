using System.Globalization;
using k8s;
using k8s.Models;
using WhatsApp.Silo;

namespace WhatsApp.Deploy.Tests;

/// <summary>The manifests, without a cluster: read strictly with the types of the API, and held against the product.</summary>
public sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";
    private static readonly string[] Resources = [.. Directory.GetFiles(Repository.PathOf(Folder), "*.yaml").Select(path => Path.GetFileName(path)).Where(name => name != "kustomization.yaml").Order(StringComparer.Ordinal)];
    private static readonly List<object> All = [.. Resources.SelectMany(file => Load(Repository.Read($"{Folder}/{file}")))];
    private static readonly Dictionary<string, V1Deployment> Deployments = All.OfType<V1Deployment>().ToDictionary(deployment => deployment.Metadata.Name);

    public static TheoryData<string> Both => ["silo", "gateway"];

    private static List<object> Load(string text) => KubernetesYaml.LoadAllFromString(text, strict: true);

    private static V1PodSpec Pod(string name) => Deployments[name].Spec.Template.Spec;

    private static V1Container Container(string name) => Assert.Single(Pod(name).Containers);

    [Fact]
    public void Every_manifest_is_of_a_known_kind_and_in_our_namespace()
    {
        Assert.All(All.OfType<IMetadata<V1ObjectMeta>>().Where(resource => resource is not V1Namespace), resource => Assert.Equal("whatsapp", resource.Metadata.NamespaceProperty));
        Assert.Equal(All.Count, All.OfType<IMetadata<V1ObjectMeta>>().Count());
        Assert.Equal(["gateway", "silo"], Deployments.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_unknown_or_doubled_key_would_be_found()
    {
        Assert.ThrowsAny<Exception>(() => Load("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  selectors: {a: b}\n"));
        Assert.ThrowsAny<Exception>(() => Load("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  name: b\n"));
    }

    [Fact]
    public void The_kustomization_has_everything_but_the_secrets_and_names_our_images()
    {
        var kustomization = Yaml.Parse(Repository.Read($"{Folder}/kustomization.yaml"));

        Assert.Equal(Resources.Where(file => file != "secret.example.yaml"), kustomization.Texts("resources").Order(StringComparer.Ordinal));
        var images = Assert.IsType<List<object>>(kustomization["images"]).Select(image => Yaml.Map(image)).Select(image => $"{image.Text("name")}:{image.Text("newTag")}");
        Assert.Equal(Both.Select(name => Container(name.Data).Image), images);
        Assert.All(images, image => Assert.True(ImageName.IsPinned(image), image));
    }

    [Theory, MemberData(nameof(Both))]
    public void Nothing_runs_as_root_or_may_become_it_or_writes_elsewhere(string name)
    {
        var (pod, container) = (Pod(name), Container(name));

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(1654, pod.SecurityContext.RunAsUser);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(["/data", "/tmp"], container.VolumeMounts.Select(mount => mount.MountPath).Order(StringComparer.Ordinal));
        Assert.Equal(container.VolumeMounts.Select(mount => mount.Name), pod.Volumes.Where(volume => volume.EmptyDir is not null).Select(volume => volume.Name));
        Assert.NotNull(container.Resources.Requests["cpu"]);
        Assert.NotNull(container.Resources.Limits["memory"]);
    }

    [Theory, MemberData(nameof(Both))]
    public void Probes_ask_ports_that_are_there(string name)
    {
        var container = Container(name);
        V1Probe[] probes = [container.StartupProbe, container.ReadinessProbe, container.LivenessProbe];

        Assert.Equal(["/healthz", "/readyz", "/healthz"], probes.Select(probe => probe.HttpGet.Path));
        Assert.All(probes, probe => Assert.Contains(container.Ports, port => port.Name == probe.HttpGet.Port.Value));
        var health = container.Ports.Single(port => port.Name == probes[0].HttpGet.Port.Value).ContainerPort.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(name == "silo" ? SiloApp.DefaultPort : Gateway.GatewayOptions.DefaultPort, health);
    }

    [Theory, MemberData(nameof(Both))]
    public void Metrics_are_read_where_they_are(string name)
    {
        var annotations = Deployments[name].Spec.Template.Metadata.Annotations;

        Assert.Equal(name == "silo" ? SiloApp.DefaultPort : Gateway.GatewayOptions.DefaultPort, annotations["prometheus.io/port"]);
        Assert.Equal("/metrics", annotations["prometheus.io/path"]);
        Assert.Contains("METRICS_KEY", All.OfType<V1Secret>().Single(secret => secret.Metadata.Name == "whatsapp").StringData.Keys);
    }

    [Theory, MemberData(nameof(Both))]
    public void The_grace_period_is_longer_than_the_end_takes(string name)
    {
        var wait = Container(name).Lifecycle?.PreStop?.Sleep?.Seconds ?? 0;

        Assert.True(Pod(name).TerminationGracePeriodSeconds >= 60);
        Assert.True(Pod(name).TerminationGracePeriodSeconds > wait + SiloParts.ShutdownTimeout.TotalSeconds);
    }

    [Theory, MemberData(nameof(Both))]
    public void An_upgrade_never_takes_one_away_before_its_successor_is_ready(string name)
    {
        var update = Deployments[name].Spec.Strategy.RollingUpdate;

        Assert.Equal(("1", "0"), (update.MaxSurge.Value, update.MaxUnavailable.Value));
        Assert.Equal("1", All.OfType<V1PodDisruptionBudget>().Single(budget => budget.Metadata.Name == name).Spec.MaxUnavailable.Value);
        Assert.NotEmpty(Pod(name).TopologySpreadConstraints);
    }

    [Theory, MemberData(nameof(Both))]
    public void Selectors_find_the_pods(string name)
    {
        var labels = Deployments[name].Spec.Template.Metadata.Labels;
        IEnumerable<IDictionary<string, string>> selectors =
        [
            Deployments[name].Spec.Selector.MatchLabels,
            All.OfType<V1PodDisruptionBudget>().Single(budget => budget.Metadata.Name == name).Spec.Selector.MatchLabels,
            All.OfType<V1NetworkPolicy>().Single(policy => policy.Metadata.Name == name).Spec.PodSelector.MatchLabels,
            .. Pod(name).TopologySpreadConstraints.Select(spread => spread.LabelSelector.MatchLabels),
        ];

        Assert.All(selectors, selector => Assert.Subset(labels.ToHashSet(), selector.ToHashSet()));
    }

    [Theory, MemberData(nameof(Both))]
    public void Settings_come_from_what_is_there_and_are_read_by_the_product(string name)
    {
        var configuration = All.OfType<V1ConfigMap>().ToDictionary(map => map.Metadata.Name, map => map.Data.Keys);
        var secrets = All.OfType<V1Secret>().ToDictionary(secret => secret.Metadata.Name, secret => secret.StringData.Keys);
        var container = Container(name);
        List<string> names =
        [
            .. container.EnvFrom.SelectMany(source => source.ConfigMapRef is { } map ? configuration[map.Name] : secrets[source.SecretRef.Name]),
            .. container.Env?.Select(variable => variable.Name) ?? [],
        ];

        Assert.All(names, setting => Assert.True(Repository.IsSetting(setting), setting));
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Subset(names.ToHashSet(), new HashSet<string> { "CLUSTER_MODE", "REDIS", "DATA_KEY", "BASE_URL", "MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY" });
        Assert.Equal(name == "silo", names.Contains("POSTGRES"));
        Assert.Equal(name == "gateway", names.Contains("API_KEY"));
    }

    [Fact]
    public void Silos_are_known_by_the_address_of_their_pod() =>
        Assert.Equal("status.podIP", Container("silo").Env.Single(variable => variable.Name == "SILO_ADDRESS").ValueFrom.FieldRef.FieldPath);

    [Fact]
    public void No_secret_has_a_value() =>
        Assert.All(All.OfType<V1Secret>(), secret => Assert.All(secret.StringData.Values, value => Assert.Equal("", value)));

    [Fact]
    public void Silo_ports_are_open_to_silos_and_gateways_only()
    {
        var rules = All.OfType<V1NetworkPolicy>().Single(policy => policy.Metadata.Name == "silo").Spec.Ingress;

        Assert.All(rules.Where(rule => rule.Ports.Any(port => port.Port.Value is "11111" or "30000")), rule => Assert.All(rule.FromProperty, from => Assert.NotNull(from.PodSelector)));
        var members = rules.Where(rule => rule.Ports.Any(port => port.Port.Value == "11111")).SelectMany(rule => rule.FromProperty);
        Assert.Equal(["silo"], members.SelectMany(from => from.PodSelector.MatchLabels.Values));
        Assert.Equal([SiloApp.DefaultPort], rules.Where(rule => rule.FromProperty is null).SelectMany(rule => rule.Ports).Select(port => port.Port.Value));
        Assert.Equal(Container("silo").Ports.Select(port => port.ContainerPort.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal),
            rules.SelectMany(rule => rule.Ports).Select(port => port.Port.Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Gateways_are_reached_through_service_and_ingress_and_scale_by_load()
    {
        var service = All.OfType<V1Service>().Single();
        Assert.Subset(Deployments["gateway"].Spec.Template.Metadata.Labels.ToHashSet(), service.Spec.Selector.ToHashSet());
        Assert.Contains(Container("gateway").Ports, port => port.Name == service.Spec.Ports.Single().TargetPort.Value);
        var backend = All.OfType<V1Ingress>().Single().Spec.Rules.Single().Http.Paths.Single().Backend.Service;
        Assert.Equal((service.Metadata.Name, service.Spec.Ports.Single().Name), (backend.Name, backend.Port.Name));

        var scaler = All.OfType<V2HorizontalPodAutoscaler>().Single();
        Assert.Equal("gateway", scaler.Spec.ScaleTargetRef.Name);
        Assert.Null(Deployments["gateway"].Spec.Replicas);
        Assert.Equal(3, Deployments["silo"].Spec.Replicas);
    }
}
