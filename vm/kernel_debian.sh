# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# Debian's stock kernels, of any suite, on any machine with apt: a private apt configuration with
# its own lists and cache, so that nothing of the system's changes. The mirror is the one that the
# system's apt uses; apt verifies the suite's signature with Debian's archive keys, and through it
# every byte of a package. bullseye and older suites have no date in force any more, hence
# Check-Valid-Until.

readonly DEBIAN_KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
readonly DEBIAN_LISTS_MINUTES=1440

debian_mirror() {
	local mirror=${DIRTYPIN_MIRROR:-}
	# Before the first apt-get update the origin is not known, and the address has to tell.
	# shellcheck disable=SC2016 # the dollar signs are apt's
	[[ $mirror ]] || mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null | awk -F'|' '
			$1 == "Debian" && $2 == "Debian" { print $3; exit }
			$3 ~ /\/debian\/$/ && !guess { guess = $3 }
			END { if (guess) print guess }' | head -n 1)
	[[ $mirror ]] || {
		because "the system's apt knows no Debian mirror (try: DIRTYPIN_MIRROR=address of one)"
		return
	}
	printf '%s' "$mirror"
}

# Hooks of the system (such as one that empties its cache) are not meant for our lists.
debian_configure() {
	local suite=$1 mirror
	mirror=$(debian_mirror) || { debian_mirror >/dev/null; return 1; }
	[[ -r $DEBIAN_KEYS ]] || { because "$DEBIAN_KEYS is missing (try: the package debian-archive-keyring)"; return; }
	debian_apt=$vm_cache/apt/$suite
	mkdir -p "$debian_apt"/{lists/partial,archives/partial} || { because "cannot write $debian_apt"; return; }
	printf 'deb [signed-by=%s arch=amd64] %s %s main\n' "$DEBIAN_KEYS" "$mirror" "$suite" \
		>"$debian_apt/sources.list"
	cat >"$debian_apt/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear Dir::Etc::SourceParts;
		Dir::Etc::SourceList "$debian_apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State "$debian_apt";
		Dir::State::Lists "$debian_apt/lists";
		Dir::State::Status "/dev/null";
		Dir::Cache "$debian_apt";
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Cache::srcpkgcache "srcpkgcache.bin";
		APT::Architecture "amd64";
		APT::Sandbox::User "$(id -un)";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		Acquire::Check-Valid-Until "false";
		Acquire::AllowInsecureRepositories "false";
		Acquire::Retries "2";
		APT::Get::AllowUnauthenticated "false";
	END
}

# Old lists are better than none where the network is away.
debian_update() {
	local suite=$1
	[[ -n $(find "$debian_apt/lists" -maxdepth 1 -name '*_Packages*' -mmin -"$DEBIAN_LISTS_MINUTES" -print -quit) ]] &&
		return 0
	say "vm: reading the package lists of $suite"
	if attempt apt-get -c "$debian_apt/apt.conf" update; then
		find "$debian_apt/lists" -maxdepth 1 -name '*_Packages*' -exec touch {} +
		return 0
	fi
	if [[ -n $(find "$debian_apt/lists" -maxdepth 1 -name '*_Packages*' -print -quit) ]]; then
		say "vm: using older package lists of $suite: $vm_why"
		return 0
	fi
	because "debian/$suite: $vm_why"
}

debian_field() {
	apt-cache -c "$debian_apt/apt.conf" show "$1" 2>/dev/null |
		awk -v field="$2:" '$1 == field { sub("^[^ ]* ", ""); print; exit }'
}

# The package that the newest kernel's metapackage depends on.
debian_newest() {
	local flavour=$1 name
	name=$(debian_field "linux-image-$flavour" Depends | tr ',|' '\n' |
		awk -v end="-$flavour" '$1 ~ /^linux-image-[0-9]/ { print $1; exit }')
	[[ $name ]] && printf '%s' "$name=$(debian_field "$name" Version)"
}

# The package of one version, or of the newest one that VERSION is the beginning of.
debian_version() {
	local flavour=$1 version=$2 others='^$'
	# The other flavours' names end in the usual one's.
	[[ $flavour != amd64 ]] || others='-(rt|cloud)-amd64$'
	apt-cache -c "$debian_apt/apt.conf" pkgnames linux-image- |
		grep -E "^linux-image-[0-9].*-$flavour\$" |
		grep -vE -- "$others" |
		xargs -r apt-cache -c "$debian_apt/apt.conf" show 2>/dev/null |
		awk '$1 == "Package:" { name = $2 } $1 == "Version:" { print $2, name }' | sort -V |
		awk -v want="$version" '
			index($1, want) == 1 && substr($1, length(want) + 1) ~ /^($|[-+.~])/ { best = $2 "=" $1 }
			END { if (best) print best }'
}

# The package and what of the kernel's it depends on: sid splits a kernel into three.
debian_parts() {
	local name=$1 each
	printf '%s\n' "$name"
	debian_field "$name" Depends | tr ',' '\n' |
		sed -nE 's/^ *(linux-(image|binary|modules|base)-[0-9][^ ]*) \(= ([^)]*)\).*/\1=\3/p' |
		while read -r each; do debian_parts "$each"; done
}

# What the newest was called when it was last asked for, should the lists not be there to tell.
debian_name_cached() {
	local each newest=
	for each in "$vm_cache/kernels/debian-$1-$2-"*/release; do
		[[ -e $each ]] && newest=$(printf '%s\n%s\n' "$newest" "${each%/release}" | sort -V | tail -n 1)
	done
	[[ $newest ]] && kernel_dir=$newest
}

kernel_from_debian() {
	local suite=$1 flavour=amd64 version='' package
	[[ $suite == *=* ]] && version=${suite#*=} suite=${suite%%=*}
	[[ $suite == *:* ]] && flavour=${suite#*:} suite=${suite%%:*}
	if ! debian_configure "$suite" || ! debian_update "$suite"; then
		[[ -z $version ]] && debian_name_cached "$suite" "$flavour" &&
			say "vm: debian/$suite: using what was fetched earlier: $vm_why" && return 0
		return 1
	fi
	if [[ $version ]]; then
		package=$(debian_version "$flavour" "$version")
	else
		package=$(debian_newest "$flavour")
	fi
	[[ $package ]] || {
		because "debian/$suite has no kernel $flavour${version:+ of version $version}"
		return
	}
	version=${package#*=}
	debian_fetch "debian-$suite-$flavour-${version//[^A-Za-z0-9.+~-]/_}" "$package"
}

debian_fetch() {
	local name=$1 package=$2 fetched=$vm_cache/kernels/$1.deb
	local -a parts
	kernel_dir=$vm_cache/kernels/$name
	[[ -e $kernel_dir/release ]] && return 0
	mapfile -t parts < <(debian_parts "$package" | sort -u)
	say "vm: fetching ${parts[*]}"
	rm -rf "$fetched" && mkdir -p "$fetched"
	(cd "$fetched" && attempt apt-get -c "$debian_apt/apt.conf" download "${parts[@]}" || {
		say "vm: $vm_why"
		exit 1
	}) || { rm -rf "$fetched"; because "cannot fetch ${parts[*]}"; return; }
	kernel_cached "$name" "$fetched"/*.deb || { rm -rf "$fetched"; return 1; }
	rm -rf "$fetched"
}
